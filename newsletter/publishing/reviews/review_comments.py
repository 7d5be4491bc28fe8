"""Comment on entries and issues, for colleagues."""

from datetime import datetime

from newsletter.domain.authorship import work_by
from newsletter.domain.people import Act, Person, may, require
from newsletter.domain.reviews import Comment, CommentedKind
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
    """Delete a comment; others than admins only their own. Raise NotFoundError and ForbiddenError."""
    require(person, Act.COMMENT)
    known = store.comments.get(comment)
    require(person, Act.DELETE_COMMENT, work_by(person, [known.by]))
    store.comments.delete(comment)
    store.audit.add(person, Act.DELETE_COMMENT, f"{known.kind} {known.slug}", now=now, detail={"by": known.by})


def may_delete(person: Person, comment: Comment) -> bool:
    """Return whether a person may delete a comment."""
    return may(person, Act.DELETE_COMMENT, work_by(person, [comment.by]))


def _name(person: Person) -> str:
    return person.name or person.address
