"""When the audience of a send has changed so much since it was planned that a person has to agree again. No I/O."""

from newsletter.domain.plan_differences import ALARM_PERCENT

LEAST = 10
"""A smaller change needs no person, whatever its share: in a small newsletter a few sign-ups are nothing unusual."""


def needs_a_person(planned: int, recipients: int) -> bool:
    """Return whether a person has to agree to a number of recipients again, if they have agreed to ``planned``."""
    change = abs(recipients - planned)
    return change >= LEAST and change * 100 >= ALARM_PERCENT * planned
