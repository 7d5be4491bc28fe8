"""A hosted studio for the tests of a module, with a member for each role."""

from collections.abc import Iterator

import pytest

from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.signed_in import HostedStudio, hosted_studio


@pytest.fixture
def hosted(folder: NewsletterFolder) -> Iterator[HostedStudio]:
    """Start a hosted studio of the small newsletter."""
    with hosted_studio(folder.root) as at:
        yield at
