"""Feedback on sent messages: provider events, bounced mail and shared suppression lists."""

from newsletter.feedback.bounce_collector import CollectedBounces, MailKind, collect_bounces
from newsletter.feedback.bounce_mailbox import BounceMailbox, open_mailbox
from newsletter.feedback.held_bounces import apply_held_bounces, discard_held_bounces
from newsletter.feedback.pruning import prune
from newsletter.feedback.recording import EVENTS_PER_TRANSACTION, Feedback
from newsletter.feedback.suppression_sync import pull_suppressions, push_suppressions, remove_suppression

__all__ = [
    "EVENTS_PER_TRANSACTION",
    "BounceMailbox",
    "CollectedBounces",
    "Feedback",
    "MailKind",
    "apply_held_bounces",
    "collect_bounces",
    "discard_held_bounces",
    "open_mailbox",
    "prune",
    "pull_suppressions",
    "push_suppressions",
    "remove_suppression",
]
