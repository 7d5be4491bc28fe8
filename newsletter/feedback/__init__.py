"""Feedback on sent messages: provider events, bounced mail and shared suppression lists."""

from newsletter.feedback.bounce_collector import CollectedBounces, MailKind, collect_bounces
from newsletter.feedback.recording import EVENTS_PER_TRANSACTION, Feedback
from newsletter.feedback.suppression_sync import pull_suppressions, push_suppressions

__all__ = [
    "EVENTS_PER_TRANSACTION",
    "CollectedBounces",
    "Feedback",
    "MailKind",
    "collect_bounces",
    "pull_suppressions",
    "push_suppressions",
]
