"""Who sees the readers of a segment, and who only their number."""

import pytest

from newsletter.domain.people import ForbiddenError
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.segment_readers import count_step
from newsletter.store import Store
from tests.make import WHEN
from tests.people import ADMIN, EDITOR, PUBLISHER


def test_only_people_who_see_readers_get_examples_of_them(store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com"), WHEN)
    for person, examples in ((ADMIN, ["ada@example.com"]), (PUBLISHER, [])):
        step = count_step(store, person, [EVERYONE], WHEN, seconds=1)
        assert step.counts == {"everyone": 1}
        assert [reader.address for reader in step.inside] == examples
    with pytest.raises(ForbiddenError):
        count_step(store, EDITOR, [EVERYONE], WHEN, seconds=1)
