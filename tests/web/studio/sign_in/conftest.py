"""A hosted studio for the tests of a module, with a member for each role."""

from collections.abc import Iterator

import pytest

from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.signed_in import HostedStudio, hosted_studio


@pytest.fixture(scope="module")
def hosted(shared_folder: NewsletterFolder) -> Iterator[HostedStudio]:
    """Start a hosted studio of the module's newsletter."""
    with hosted_studio(shared_folder.root) as at:
        yield at
