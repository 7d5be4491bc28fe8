"""Comment on entries and issues, for colleagues."""

from datetime import datetime

from newsletter.domain.addresses import address_key
from newsletter.domain.people import Act, ForbiddenError, Person, Role, require
from newsletter.domain.reviews import Comment, CommentedKind
from newsletter.domain.staff import WorkStep
from newsletter.publishing.reviews.reasons import MissingReasonError, storable
from newsletter.store import Store


def add_comment(person: Person, store: Store, kind: CommentedKind, slug: str, text: str, *, now: datetime) -> int:
    """Add a comment on an entry or issue and return its id. Raise MissingReasonError if it is empty, ForbiddenError."""
    require(person, Act.COMMENT)
    if not storable(text):
        raise MissingReasonError("the comment is empty")
    comment = Comment(kind=kind, slug=slug, text=storable(text), at=now, by=person.address, name=_name(person))
    return store.comments.add(comment)


def resolve_comment(person: Person, store: Store, comment: int, *, resolved: bool, now: datetime) -> None:
    """Mark a comment as resolved, or as open again. Raise NotFoundError and ForbiddenError."""
    require(person, Act.COMMENT)
    store.comments.resolve(comment, by=_name(person), now=now if resolved else None)


def delete_comment(person: Person, store: Store, comment: int, *, now: datetime) -> None:
    """Delete a comment of one's own. Raise NotFoundError, and ForbiddenError if it is somebody else's."""
    require(person, Act.COMMENT)
    known = store.comments.get(comment)
    if not is_own(person, known):
        raise ForbiddenError(act=Act.COMMENT, needed=Role.ADMIN, words="delete other people’s comments")
    store.comments.delete(comment)
    store.audit.add(person, WorkStep.COMMENT_DELETED, f"{known.kind} {known.slug}", now=now, detail={"by": known.by})


def is_own(person: Person, comment: Comment) -> bool:
    """Return whether a person may delete a comment: their own, and admins anybody's."""
    return address_key(comment.by) == address_key(person.address) or person.role is Role.ADMIN


def _name(person: Person) -> str:
    return person.name or person.address
