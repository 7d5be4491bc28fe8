"""The fixture of tests of reviews: a newsletter that requires an approval."""

import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.settings import Settings
from newsletter.store import Store
from tests.newsletter_folder import write_issue
from tests.publishing.reviews.approving_newsletter import APPROVAL, MONDAY, NOW, changed_settings


@pytest.fixture
def approving(settings: Settings, store: Store) -> Settings:
    """Return the settings of a newsletter that requires an approval, with Monday's issue and two readers."""
    for name in ("ada", "ben"):
        store.subscribers.add(Subscriber(address=f"{name}@example.com", topics=("science",)), now=NOW)
    write_issue(settings.root, MONDAY, "train", "glove", more="preheader: What a timetable can teach.\n")
    return changed_settings(settings, APPROVAL)
