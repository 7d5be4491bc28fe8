"""The fields of the entry page, and the findings about each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.domain.issue import Entry, PassageKind
from newsletter.domain.people import Act, Person, may
from newsletter.errors import Finding, Severity

Findings = Mapping[str, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryField:
    """A field of the page. ``kind`` is an input's type, ``text`` for several lines, or ``check`` for a box to tick.

    ``options`` are values to choose from or to ignore; ``quotes`` says that it takes quotations from the piece.
    """

    name: str
    label: str
    kind: str = "line"
    help: str = ""
    rows: int = 3
    options: tuple[str, ...] = ()
    quotes: bool = False


TITLE = EntryField(name="title", label="Title")
BIBLIOGRAPHY = (
    EntryField(name="source", label="Source"),
    EntryField(name="author", label="Author"),
    EntryField(name="date", label="Date of the piece", kind="date"),
    EntryField(name="url", label="Link", kind="url"),
)
PICTURE = (
    EntryField(name="image", label="Picture", help="A file in issues/images, or an https address"),
    EntryField(name="image_alt", label="Description of the picture"),
)
MORE = (
    EntryField(name="label", label="Link’s label", options=("read", "listen", "watch")),
    EntryField(name="kind", label="Kind", options=("article", "interview", "podcast", "video", "study", "book", "map")),
    EntryField(name="language", label="Language of the piece", help="A tag such as de or pt-BR"),
    EntryField(name="minutes", label="Minutes", kind="number"),
    EntryField(name="paywall", label="Paywall", kind="check"),
    EntryField(name="gift", label="Gift link", kind="url", help="Opens the piece past the paywall"),
    EntryField(name="not_before", label="Not before", help="An embargo: 2026-12-01 or 2026-12-01 06:30"),
    EntryField(name="reserve", label="In reserve", kind="check", help="Waits for a day that needs it"),
    EntryField(name="best_before", label="Best before", kind="date"),
)
OWNER = EntryField(name="by", label="Whose entry", help="The address of the writer who may change it")
KEPT = frozenset(("title", "url", "source", "topics"))
"""The fields that stay in the file when they are emptied, as in a new entry; others are removed."""
OTHERS = "others"
"""The key of findings about no field of the page."""

_ON_PAGE = frozenset(field.name for field in (TITLE, *BIBLIOGRAPHY, *PICTURE, *MORE, OWNER)) | {"topics"}


def passage_fields(entry: Entry) -> tuple[EntryField, ...]:
    """Return the fields of the entry's body, in its order: framing and quotation, also where there is none yet."""
    fields = list(_fields_of(entry))
    kinds = {passage.kind for passage in entry.passages}
    if PassageKind.FRAMING not in kinds:
        fields.insert(0, _passage_field(PassageKind.FRAMING, 1))
    if PassageKind.QUOTATION not in kinds:
        fields.append(_passage_field(PassageKind.QUOTATION, 1))
    return tuple(fields)


def more_fields(person: Person, *, with_owner: bool) -> tuple[EntryField, ...]:
    """Return the fields that few entries have; with the owner for those who may give an entry to somebody else."""
    return (*MORE, OWNER) if with_owner and may(person, Act.EDIT_ENTRY) else MORE


def findings_by_field(findings: Iterable[Finding], entry: Entry) -> Findings:
    """Return an entry's findings by the field that each is about, errors first; others by ``OTHERS``."""
    starts = sorted((line, name.partition(".")[0]) for name, line in entry.lines.items() if name != "body")
    bodies = [(passage.line, field.name) for passage, field in zip(entry.passages, _fields_of(entry), strict=True)] or [
        (entry.lines.get("body", 1), PassageKind.FRAMING.value)
    ]
    starts += bodies
    placed: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR):
        line = finding.place.line or 0
        before = [name for start, name in starts if start <= line]
        name = before[-1] if before else OTHERS
        if finding.rule == "field-missing":  # the field has no line of its own
            name = finding.what.removeprefix("no ").removesuffix(" is empty")
        known = name in _ON_PAGE or any(name == body for _, body in bodies)
        placed.setdefault(name if known else OTHERS, []).append(finding)
    return {name: tuple(findings) for name, findings in placed.items()}


def _fields_of(entry: Entry) -> tuple[EntryField, ...]:
    """Return a field for each passage that there is."""
    seen: dict[PassageKind, int] = {}
    fields = []
    for passage in entry.passages:
        seen[passage.kind] = seen.get(passage.kind, 0) + 1
        fields.append(_passage_field(passage.kind, seen[passage.kind]))
    return tuple(fields)


def _passage_field(kind: PassageKind, number: int) -> EntryField:
    suffix, words = (f"-{number}", f" {number}") if number > 1 else ("", "")
    quotes = kind is PassageKind.QUOTATION
    return EntryField(
        name=f"{kind.value}{suffix}",
        label=f"{kind.value.capitalize()}{words}",
        kind="text",
        rows=6 if quotes else 4,
        quotes=quotes,
    )
