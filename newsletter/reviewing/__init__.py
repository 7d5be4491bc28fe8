"""Review and approval of issues: what has changed, in words, and whether an issue may go out.

``publishing`` has the operations, which know the newsletter's settings.
"""

from newsletter.reviewing.approval_rule import (
    OTHER_TIME,
    ApprovalStanding,
    Approvers,
    PlannedStart,
    ReviewedContent,
    covers,
    last_complete,
    standing_of,
)
from newsletter.reviewing.canonical import canonical_text, digest_of_value
from newsletter.reviewing.change_sentences import changes_in_words
from newsletter.reviewing.moves import moved_members, ordinal
from newsletter.reviewing.outlines import item_keys, outline_of

__all__ = [
    "OTHER_TIME",
    "ApprovalStanding",
    "Approvers",
    "PlannedStart",
    "ReviewedContent",
    "canonical_text",
    "changes_in_words",
    "covers",
    "digest_of_value",
    "item_keys",
    "last_complete",
    "moved_members",
    "ordinal",
    "outline_of",
    "standing_of",
]
