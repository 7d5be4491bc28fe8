"""Feedback on sent messages: provider events, bounced mail and shared suppression lists."""

from newsletter.feedback.bounce_collector import Came, Returned, take_returned
from newsletter.feedback.recording import TOGETHER, Feedback
from newsletter.feedback.suppression_sync import pull, push

__all__ = ["TOGETHER", "Came", "Feedback", "Returned", "pull", "push", "take_returned"]
