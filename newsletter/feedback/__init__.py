"""Feedback on sent messages: provider events, bounced mail and shared suppression lists."""

from newsletter.feedback.bounce_collector import CollectedBounces, MailKind, collect_bounces
from newsletter.feedback.recording import EVENTS_TOGETHER, Feedback
from newsletter.feedback.suppression_sync import pull, push

__all__ = ["EVENTS_TOGETHER", "CollectedBounces", "Feedback", "MailKind", "collect_bounces", "pull", "push"]
