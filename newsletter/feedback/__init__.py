"""What comes back: events that providers report, mail that bounced, and what an issue came to."""

from newsletter.feedback.applying import TOGETHER, Feedback
from newsletter.feedback.returning import Came, Returned, take_returned
from newsletter.feedback.sharing import pull, push

__all__ = ["TOGETHER", "Came", "Feedback", "Returned", "pull", "push", "take_returned"]
