"""When a person has to agree again to the number of a send's readers."""

import pytest

from newsletter.domain.audience_changes import needs_a_person


@pytest.mark.parametrize(
    ("planned", "recipients", "needed"),
    [
        (1000, 1000, False),
        (1000, 1199, False),
        (1000, 1200, True),
        (1000, 800, True),
        (1000, 801, False),
        (3, 12, False),  # a few sign-ups in a small newsletter
        (3, 13, True),
        (0, 10, True),
        (12, 2, True),
    ],
)
def test_a_fifth_more_or_fewer_readers_need_a_person(planned: int, recipients: int, needed: bool) -> None:
    assert needs_a_person(planned, recipients) is needed
