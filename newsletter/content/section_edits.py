"""Turn an issue's ``entries`` into ``sections``, whose first has them all. No I/O."""

from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing
from newsletter.content.issue_lists import IssueLists
from newsletter.content.list_edits import insert_items
from newsletter.content.source_text import Piece
from newsletter.content.table_edits import column, line_end


def with_sections(manuscript: Manuscript, source: str = "") -> Manuscript:
    """Return the file of an issue without sections with its items in one section without a title.

    If it has no items, ``source`` is the source of the only section instead.
    """
    lists = IssueLists(manuscript)
    place = lists.entries(lists.sections[0])
    text, margin = place.text, column(place.text, place.name[0])
    name = Piece(start=place.name[0], end=place.name[1], text="sections")
    if source:
        return manuscript.changed([name, *insert_items(place, 0, [source])])
    below = line_end(text, place.name[1])
    if isinstance(place.value, Listing) and place.value.items and not place.value.flow:
        dash = column(text, place.value.span[0])
        step = dash - margin
        opening = Piece(start=below, end=below, text=f"{' ' * dash}- entries:\n")
    else:
        step = place.step
        name = Piece(start=place.name[0], end=place.name[1], text=f"sections:\n{' ' * (margin + step)}- entries")
        opening = Piece(start=below, end=below, text="")
    pieces = [name, opening]
    at = below
    while at < place.limit:
        if text[at] != "\n":
            pieces.append(Piece(start=at, end=at, text=" " * (step + 2)))
        at = line_end(text, at)
    return manuscript.changed(pieces)
