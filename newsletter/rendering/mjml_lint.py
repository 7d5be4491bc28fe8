"""Check a theme's MJML and report line and column in the template. The compiler ignores such mistakes silently."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from html.entities import name2codepoint

from lxml import etree

from newsletter.errors import Finding, Place, Severity
from newsletter.files import library_errors
from newsletter.rendering.mjml import ATTRIBUTES, CHILDREN, attributes_of
from newsletter.rendering.templating import PLACED
from newsletter.rendering.theme_files import ThemeFiles

_MARK = re.compile(rf' {PLACED}="([^":]+):(\d+)"')
_XML_ENTITIES = ("amp", "lt", "gt", "quot")
_DTD = "<!DOCTYPE mjml [{}]>".format(
    "".join(f'<!ENTITY {name} "&#{code};">' for name, code in name2codepoint.items() if name not in _XML_ENTITIES)
)
# Between two of these, a line break is the space between two words, and the compiler drops it.
_INLINE = frozenset(
    {"a", "b", "bdi", "cite", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
)


def mjml_findings(source: str, files: ThemeFiles) -> Iterator[Finding]:
    """Yield findings of a rendered template whose tags carry their place (``templating.environment(placed=True)``)."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(_DTD + source.lstrip(), parser)
    except etree.XMLSyntaxError as err:
        line, column = err.position
        lines = source.lstrip().split("\n")
        # The parser's column is one past the last character that it read.
        offset = sum(len(text) + 1 for text in lines[: line - 1]) + column - 2 - (len(_DTD) if line == 1 else 0)
        place = place_at(source.lstrip(), max(offset, 0), files)
        yield _finding("theme-mjml", place, *library_errors.of_xml(str(err.msg)))
        return
    if root.tag != "mjml":
        place = _place_of(root, files)
        yield _finding("theme-mjml-tag", place, f"the outermost tag is <{root.tag}>", "it must be <mjml>")
        return
    yield from _tag(root, "", files)


def _tag(element: etree._Element, parent: str, files: ThemeFiles) -> Iterator[Finding]:
    tag = str(element.tag)
    yield from _attributes(element, parent, files)
    if tag == "mj-font":
        what = f"<mj-font> loads {element.get('href', 'a font')} when a message is opened"
        hint = "use fonts that readers have: [fonts] in theme.toml"
        yield _finding("theme-remote-font", _place_of(element, files), what, hint, Severity.WARNING)
    if parent == "mj-attributes":
        return
    allowed = CHILDREN.get(tag)
    for child in element.iterchildren(tag=etree.Element):
        if allowed is None:
            yield from _html(child, tag, files)
        elif child.tag in allowed:
            yield from _tag(child, tag, files)
        else:
            yield _misplaced(child, tag, files)
    texts = [element.text, *(child.tail for child in element.iterchildren())]
    if allowed is not None and any(text and text.strip() for text in texts):
        place = _place_of(element, files)
        yield _finding("theme-mjml-tag", place, f"text isn't allowed directly in <{tag}>", "put it into <mj-text>")


def _html(element: etree._Element, within: str, files: ThemeFiles) -> Iterator[Finding]:
    if str(element.tag).startswith("mj-"):
        yield _misplaced(element, within, files)
        return
    following = element.getnext()
    gap = element.tail or ""
    if following is not None and {element.tag, following.tag} <= _INLINE and gap.startswith("\n") and not gap.strip():
        place = _place_of(following, files)
        what = f"the line break between </{element.tag}> and <{following.tag}> is dropped, which joins the words"
        yield _finding("theme-mjml", place, what, "put them on one line, or write &#32; between them")
    for child in element.iterchildren(tag=etree.Element):
        yield from _html(child, within, files)


def _misplaced(element: etree._Element, within: str, files: ThemeFiles) -> Finding:
    tag = str(element.tag)
    if tag == "mj-raw" and element.get(PLACED) is None:  # not in a template: it marks a part's start or end
        around = next((ancestor for ancestor in element.iterancestors() if ancestor.get(PLACED)), element)
        hint = f"put {{% part … %}} and {{% endpart %}} around all of <{within}>"
        return _finding("theme-mjml-tag", _place_of(around, files), f"a part isn't allowed inside <{within}>", hint)
    place = _place_of(element, files)
    if tag == "mj-body" and within == "mj-attributes":
        hint = "set the attributes on <mj-body> itself"
        return _finding("theme-mjml-tag", place, "<mj-body> in <mj-attributes> is ignored", hint)
    if tag in ATTRIBUTES:
        parents = [
            f"<{parent}>" for parent, children in CHILDREN.items() if tag in children and parent != "mj-attributes"
        ]
        where = ", ".join(parents) or "a file of its own"
        return _finding("theme-mjml-tag", place, f"<{tag}> isn't allowed in <{within}>", f"put it into {where}")
    if not tag.startswith("mj-"):
        hint = "put it into <mj-text>, <mj-table> or <mj-raw>"
        return _finding("theme-mjml-tag", place, f"<{tag}> isn't allowed directly in <{within}>", hint)
    close = get_close_matches(tag, ATTRIBUTES, 1, 0.6)
    hint = f"did you mean <{close[0]}>?" if close else "docs/themes.md lists the tags"
    return _finding("theme-mjml-tag", place, f"no MJML tag <{tag}>", hint)


_MEANT = {"class": "css-class"}  # mj-class has a closer spelling


def _attributes(element: etree._Element, parent: str, files: ThemeFiles) -> Iterator[Finding]:
    tag = str(element.tag)
    allowed = attributes_of(tag, parent)
    for attribute in map(str, element.attrib):
        if attribute in allowed or attribute == PLACED:
            continue
        place = _place_of(element, files, attribute)
        if (tag, attribute) == ("mj-style", "inline"):
            what, hint = "<mj-style inline> is not inlined", "put the rules into inline.css"
        else:
            meant = _MEANT.get(attribute)
            close = [meant] if meant in allowed else get_close_matches(attribute, allowed, 1, 0.6)
            what = f'<{tag}> ignores "{attribute}"'
            hint = f'did you mean "{close[0]}"?' if close else f"it takes: {', '.join(sorted(allowed)) or 'none'}"
        yield _finding("theme-mjml-attribute", place, what, hint, Severity.WARNING)


def _finding(rule: str, place: Place, what: str, hint: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(rule=rule, severity=severity, place=place, what=what, hint=hint)


# Places --------------------------------------------------------------------------------------------------------------


def _place_of(element: etree._Element, files: ThemeFiles, attribute: str | None = None) -> Place:
    name, _, start = str(element.get(PLACED, "issue.mjml:0")).rpartition(":")
    source = files.path(name).read_text(encoding="utf-8")
    offset = int(start)
    if attribute and (match := re.compile(rf"\s({re.escape(attribute)})\s*=").search(source, offset)):
        offset = match.start(1)
    return _place(files, name, source, offset)


def without_places(rendered: str) -> str:
    """Return a rendered template without its place attributes."""
    return _MARK.sub("", rendered)


def place_at(rendered: str, offset: int, files: ThemeFiles) -> Place:
    """Return the place in a template for an offset in its output, counted from the last tag as far as both agree."""
    marks = list(_MARK.finditer(rendered, 0, offset))
    if not marks:
        return Place(path=files.shown("issue.mjml"), line=1)
    name, start = marks[-1][1], int(marks[-1][2])
    source = files.path(name).read_text(encoding="utf-8")
    since = _MARK.sub("", rendered[rendered.rfind("<", 0, marks[-1].start()) : offset])
    agreed = next(
        (n for n, pair in enumerate(zip(since, source[start:], strict=False)) if len(set(pair)) == 2), len(since)
    )
    return _place(files, name, source, start + agreed)


def _place(files: ThemeFiles, name: str, source: str, offset: int) -> Place:
    line = source.count("\n", 0, offset) + 1
    return Place(path=files.shown(name), line=line, column=offset - source.rfind("\n", 0, offset))
