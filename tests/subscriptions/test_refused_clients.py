"""Clients over their limit, remembered until the hour ends."""

import pytest

from newsletter.subscriptions.refused_clients import RefusedClients
from tests import make


def test_a_refusal_is_remembered_until_the_hour_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsletter.subscriptions.refused_clients.MOST_CLIENTS", 2)
    refused, now = RefusedClients(), make.WHEN.replace(minute=59, second=59)
    for subject in ("a", "b", "c"):
        refused.add(subject, now)
    assert [refused.has(subject, now) for subject in ("a", "b", "c")] == [True, True, False]  # a bounded memory
    later = now.replace(hour=now.hour + 1, minute=0, second=0)
    assert not refused.has("a", later)
    refused.add("c", later)
    refused.add("a", now)  # with a clock that is slow
    assert [refused.has(subject, later) for subject in ("a", "b", "c")] == [False, False, True]
