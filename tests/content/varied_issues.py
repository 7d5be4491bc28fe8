"""A strategy for issues with sections and items, written in many ways."""

from hypothesis import strategies as st

_COMMENTS = st.sampled_from(("", "", "", "  # a comment"))
_LEADS = st.sampled_from(("", "", "", "", "# above\n", "\n", "# one\n# two\n", "\n# far\n\n"))
_BLOCKS = (
    "note: |\n  Hello.\n\n  There: you\n   are.\ntitle: Before",
    "note: >-\n  One\n  two.\n",
    "quote: Moss is.\nwho: a gardener  # or not\n",
    "links:\n  - title: A\n    url: https://example.org/a\n  - '[B](https://example.org/b) C'\n\ntitle: Also",
    'note: "one\n  line"',
    "{note: short, title: x}",
    "image: a.jpg",
)


def _indented(text: str, margin: int) -> str:
    lines = text.removesuffix("\n").split("\n")
    return "".join((" " * margin + line if line.strip() else line) + "\n" for line in lines)


@st.composite
def _entries(draw: st.DrawFn, slugs: list[str], margin: int, alone: str = "alone") -> str:
    """Return the lines from ``entries:`` on, without the indentation of the first; ``alone`` is a slug in need."""
    comment = draw(_COMMENTS)
    if not slugs and draw(st.booleans()):
        return f"entries:{comment}\n" if draw(st.booleans()) else f"entries: []{comment}\n"
    style = draw(st.integers(0, 4))
    if style == 0 and slugs:
        return f"entries: [{', '.join(slugs)}]{comment}\n"
    if style == 1 and slugs:
        inner = "".join(f"{' ' * margin}  {slug},{draw(_COMMENTS)}\n" for slug in slugs)
        return f"entries: [{comment}\n{inner}{' ' * margin} ]\n"
    step = draw(st.sampled_from((0, 2, 4)))
    items = []
    for slug in slugs or [alone]:
        lead = draw(_LEADS)
        items.append(_indented(lead, margin + step) if lead.strip() else lead)
        if draw(st.integers(0, 3)) == 0:
            block = draw(st.sampled_from(_BLOCKS)).rstrip("\n")
            items.append(_indented("- " + block.replace("\n", "\n  "), margin + step))
        else:
            written = draw(st.sampled_from((slug, slug, slug, f"'{slug}'", f'"{slug}"')))
            items.append(_indented(f"- {written}{draw(_COMMENTS)}", margin + step))
    return f"entries:{comment}\n{''.join(items)}"


@st.composite
def varied_issues(draw: st.DrawFn) -> str:
    """Return an issue with up to four sections, or with a list."""
    slugs = [f"s{number}" for number in range(draw(st.integers(0, 7)))]
    if not draw(st.integers(0, 3)):
        lists = draw(_entries(slugs, 0))
    else:
        step = draw(st.sampled_from((0, 2)))
        count = draw(st.integers(1, 4))
        sections = []
        for number in range(count):
            own = slugs[number * len(slugs) // count : (number + 1) * len(slugs) // count]
            title = draw(st.sampled_from((f"T{number}", "Same", "'Q: x'", "")))
            entries = draw(_entries(own, step + 2, f"alone{number}"))
            lead = draw(_LEADS)
            head = _indented(lead, step) if lead.strip() else lead
            if not title:
                sections.append(f"{head}{' ' * step}- {entries}")
            elif draw(st.booleans()):
                sections.append(f"{head}{' ' * step}- title: {title}{draw(_COMMENTS)}\n{' ' * step}  {entries}")
            else:
                sections.append(f"{head}{' ' * step}- {entries}{' ' * step}  title: {title}\n")
        lists = f"sections:{draw(_COMMENTS)}\n{''.join(sections)}"
    before = draw(st.sampled_from(("date: 2026-11-23\n", "", "# top\ndate: 2026-11-23\nsubject: 'x'\n")))
    after = draw(st.sampled_from(("", "pinned: [s1]\n", "\n# tail\noverrides:\n  s1:\n    title: x\n")))
    text = f"---\n{before}{lists}{after}---\nNote.\n"
    text = draw(st.sampled_from(("", "\ufeff"))) + text.replace("\n", draw(st.sampled_from(("\n", "\n", "\r\n", "\r"))))
    return text.rstrip("\r\n") if draw(st.booleans()) else text
