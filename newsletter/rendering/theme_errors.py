"""Explain why a theme fails, with the file, line and column in its template."""

import re
from collections.abc import Callable
from dataclasses import replace

from newsletter.errors import FindingsError, Place, Severity
from newsletter.rendering.mjml_lint import mjml_findings, place_at, without_places
from newsletter.rendering.templating import PLACED
from newsletter.rendering.theme_faults import BROKEN, ThemeFault, broken
from newsletter.rendering.theme_files import ThemeFiles

_POSITION = re.compile(r"position (\d+):(\d+)")
_LONGEST = 40
_TAG_WITH_PLACE = re.compile(rf'(<[\w-]+) {PLACED}="[^"]*"')
_BARE_GREATER = re.compile(r">[^<>]*?[^\x00-\x7f][^<>]?(>)")
# Values that are placeholders for an author's or a reader's text, and the code that would change them.
_VALUES = r"issue\.(?:note|subject|preheader)|\w+\.body|subscriber\.\w+|links\.\w+|entry\.number"
_CHANGED = re.compile(
    rf"\{{[{{%][^}}]*?\b(?P<value>{_VALUES})\s*(?:\|\s*(?!default\b|d\b|isolated\b)(?P<filter>\w+)|\.\w+\(|\[)"
    r"|\{%-?\s*filter\s+(?P<block>\w+)"
)


def refused_mjml(placed: str, files: ThemeFiles, compile_placed: Callable[[str], str]) -> FindingsError:
    """Return an error that explains why the compiler refuses MJML. The tags in ``placed`` carry their places."""
    for finding in mjml_findings(placed, files):
        return FindingsError([replace(finding, rule=BROKEN, severity=Severity.ERROR)])
    hint = "docs/themes.md explains the MJML of themes, and how to see the MJML that the compiler reads"
    try:
        compile_placed(placed)
    except ValueError as err:
        if position := _POSITION.search(str(err)):
            octets = placed.encode()
            start = len(octets[: int(position[1])].decode(errors="ignore"))
            stopped = without_places(placed[start:]).strip().partition("\n")[0][:_LONGEST]
            what = f"the MJML compiler stops at “{stopped}”"
            own = _TAG_WITH_PLACE.match(placed, start)
            place = place_at(placed, own.end() if own else start, files)
            if own and place.column:
                place = replace(place, column=place.column - len(own[1]))
            return broken(what, hint=hint, place=place)
    if bare := _BARE_GREATER.search(placed):
        what = 'the MJML compiler fails on ">" after a non-ASCII letter'
        return broken(what, hint="write &gt;", place=place_at(placed, bare.start(1), files))
    return broken("the MJML compiler refuses the template", hint=hint, place=Place(path=files.shown("issue.mjml")))


def changed_value(err: ThemeFault, files: ThemeFiles, endings: tuple[str, ...]) -> FindingsError:
    """Return an error about a changed placeholder, with the place of the filter that most likely changed it."""
    for name in (name for name in files.names() if name.endswith(endings)):
        source = files.path(name).read_text(encoding="utf-8")
        for match in _CHANGED.finditer(
            re.sub(r"\{#.*?#\}", lambda comment: " " * len(comment[0]), source, flags=re.DOTALL)
        ):
            group = next((group for group in ("filter", "block", "value") if match[group]), "value")
            line = source.count("\n", 0, match.start(group)) + 1
            column = match.start(group) - source.rfind("\n", 0, match.start(group))
            what = f'the filter "{match[group]}" changes' if group != "value" else f"the code changes {match['value']},"
            place = Place(path=files.shown(name), line=line, column=column)
            return broken(f"{what} an author's text or a reader's value", hint=err.hint, place=place)
    return broken(err.what, hint=err.hint, place=Place(path=files.shown(f"issue{endings[0]}")))
