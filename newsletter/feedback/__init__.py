"""What comes back: events that providers report, mail that bounced, and what an issue came to."""

from newsletter.feedback.applying import TOGETHER, Feedback
from newsletter.feedback.sharing import pull, push

__all__ = ["TOGETHER", "Feedback", "pull", "push"]
