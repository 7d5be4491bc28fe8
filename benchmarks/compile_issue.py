"""How long it takes to compile an issue, against bare Jinja + mrml + premailer with the same content.

The process has compiled an issue before, as the preview and the tests have; every round has other words, so no cache
but the theme's helps. A block of every kind follows each six entries. The yardstick renders the same Markdown with
markdown-it, fills one MJML template with Jinja, which prints the same contents, topics and blocks, compiles it with
mrml and inlines the theme's CSS with premailer. It has no text part, no slots, no editions and no sanitising.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

import jinja2
import mjml
import premailer
from markdown_it import MarkdownIt

from benchmarks.results import Report, in_turns, parser
from newsletter import rendering
from newsletter.__main__ import collect_rarely
from newsletter.domain.addresses import Mailbox
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter

ROUNDS = 30
SIZES = {12: 3.0, 30: 3.0}  # the bound of the ratio, by the number of entries
PROSE = (
    "The cheap flight was supposed to have killed the sleeper: why lie awake in a couchette when a plane takes ninety "
    "minutes? Yet the berths are *full again*, and by no means only with the nostalgic. "
)
TEMPLATE = """\
<mjml><mj-head><mj-title>{{ issue.subject }}</mj-title><mj-preview>{{ issue.preheader }}</mj-preview>
<mj-attributes><mj-all font-family="Georgia, serif" /><mj-text font-size="16px" line-height="1.5" /></mj-attributes>
</mj-head><mj-body width="600px"><mj-section><mj-column><mj-text><h1>{{ issue.subject }}</h1>{{ note }}</mj-text>
<mj-text>{% for entry in entries if entry.source %}<p><a href="{{ entry.url }}">{{ entry.title }}</a> {{ entry.source }}
</p>{% endfor %}</mj-text></mj-column></mj-section>{% for entry in entries %}<mj-section>{% if not entry.source %}
<mj-column><mj-text>{% if entry.title %}<h2><a href="{{ entry.url }}">{{ entry.title }}</a></h2>{% endif %}
{% if entry.image %}<img src="{{ entry.image }}" alt="{{ entry.alt }}" width="552" />{% endif %}{{ entry.html }}<ul>
{% for link in entry.links %}<li><a href="{{ link.url }}">{{ link.title }}</a> {{ link.source }}</li>{% endfor %}</ul>
</mj-text></mj-column>{% else %}<mj-column><mj-text><h2><a href="{{ entry.url }}">
{{ entry.title }}</a></h2><p class="byline">{{ entry.author }}, {{ entry.source }}</p>
{% for passage in entry.passages %}
<div class="{{ passage.kind }}">{{ passage.html }}</div>{% endfor %}<p class="more">Read more at
<a href="{{ entry.url }}">{{ entry.source }}</a></p><p class="topics">{% for topic in entry.topics %}
<a href="https://longrun.example.org/topics/{{ topic }}/">{{ topic }}</a>{% endfor %}</p></mj-text>
</mj-column>{% endif %}</mj-section>{% endfor %}</mj-body></mjml>
"""


def issue(number: int, entries: int) -> Issue:
    """Return an issue with words that no other number has."""
    return Issue(
        slug="2026-11-23",
        date=date(2026, 11, 23),
        number=number,
        subject=f"Night trains and other quiet things, {number}",
        preheader="What a timetable can teach.",
        sections=(Section(title="In the city", items=tuple(items(number, entries))),),
        note=f'Good morning, {{{{ subscriber.first_name | default("reader") }}}}. {PROSE * 2} {number}',
    )


def items(number: int, entries: int) -> Iterator[Entry | Block]:
    """Yield entries, and a block after each six."""
    kinds = itertools.cycle(BlockKind)
    for at in range(entries):
        yield entry(number, at)
        if at % 6 == 5:
            yield block(next(kinds), number, at)


def block(kind: BlockKind, number: int, at: int) -> Block:
    """Return a block with about 200 characters, and with five links if it is a list."""
    links = tuple(
        ListedLink(title=f"A clock that counts trees {at}", url=f"https://example.org/{number}/{at}", source="The Pier")
        for at in range(5)
    )
    picture = kind in (BlockKind.SPONSOR, BlockKind.IMAGE)
    return Block(
        kind=kind,
        title="" if picture or kind is BlockKind.QUOTE else f"A word in between {number}",
        text=f"{PROSE} {number}.{at}",
        who="Ada Lindqvist" if kind is BlockKind.QUOTE else "",
        url=f"https://example.org/{number}",
        links=links if kind is BlockKind.LINKS else (),
        image="https://example.org/picture.jpg" if picture else None,
        image_alt="A clock among trees" if picture else None,
    )


def entry(number: int, at: int) -> Entry:
    """Return an entry of about 1,500 characters."""
    framing = Passage(
        kind=PassageKind.FRAMING, markdown=f"{PROSE} {number}.{at}\n\n{PROSE}and [says](https://example.org/{number}):"
    )
    quotation = Passage(kind=PassageKind.QUOTATION, markdown=f"[The] words {number}.{at}. {PROSE * 2} . . .\n\n{PROSE}")
    return Entry(
        slug=f"entry-{at}",
        title=f"The quiet return of night train {at}",
        url=f"https://example.org/review/{number}/{at}",
        source="The Meridian Review",
        author="Ada Lindqvist",
        topics=("Railways", "Travel", "Cities"),
        passages=(framing, quotation),
    )


def bare(made: Issue, template: jinja2.Template, markdown: MarkdownIt, css: str) -> str:
    """Return the issue's HTML as the three libraries make it."""
    entries = [_bare_item(item, markdown) for section in made.sections for item in section.items]
    document = template.render(issue=made, note=markdown.render(made.note), entries=entries)
    html: str = premailer.transform(
        mjml.mjml2html(document), css_text=css, disable_validation=True, allow_network=False, keep_style_tags=True
    )
    return html


def _bare_item(item: Entry | Block, markdown: MarkdownIt) -> dict[str, object]:
    """Return an entry or a block as plain values with its Markdown rendered."""
    if isinstance(item, Block):
        return {
            "title": item.title,
            "url": item.url,
            "html": markdown.render(item.text),
            "links": item.links,
            "image": item.image,
            "alt": item.image_alt,
        }
    return {
        "title": item.title,
        "url": item.url,
        "author": item.author,
        "source": item.source,
        "topics": item.topics,
        "passages": [
            {"kind": passage.kind.value, "html": markdown.render(passage.markdown)} for passage in item.passages
        ],
    }


def milliseconds(render: Callable[[Issue], object], entries: int, numbers: Iterator[int]) -> float:
    """Return the milliseconds of processor time in which an issue with new words is rendered."""
    made = issue(next(numbers), entries)
    start = time.process_time()
    render(made)
    return (time.process_time() - start) * 1000


def main() -> None:
    """Measure both in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    collect_rarely()  # as the command does
    newsletter = Newsletter(
        name="The Long Run",
        sender=Mailbox(address="editors@longrun.example.org"),
        postal_address="1 Track Lane, 12345 Fieldham",
        base_url="https://longrun.example.org",
    )
    theme = rendering.load_theme(Path.cwd(), newsletter)
    css = Path("templates/email/default/inline.css").read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=False).from_string(TEMPLATE)  # the yardstick escapes nothing
    markdown = MarkdownIt("commonmark", {"typographer": True})
    report = Report(as_json=arguments.json)
    for entries, bound in SIZES.items():
        numbers = itertools.count(1)
        renderers = {
            "ours": lambda made: rendering.render(made, newsletter, theme),
            "bare": lambda made: bare(made, template, markdown, css),
        }
        tasks = {name: partial(milliseconds, render, entries, numbers) for name, render in renderers.items()}
        in_turns(1, tasks)  # compiles templates
        medians = in_turns(arguments.rounds, tasks)
        email = rendering.render(issue(0, entries), newsletter, theme)
        size = sum(len(part) for part in email.html if isinstance(part, str)) / 1000
        report.add(
            f"compile an issue of {entries} entries and {entries // 6} blocks, {size:.0f} KB of HTML, processor time",
            f"{medians['ours']:.1f} ms",
            yardstick=f"bare Jinja + mrml + premailer: {medians['bare']:.1f} ms",
            ratio=medians["ours"] / medians["bare"],
            at_most=bound,
        )
    report.finish()


if __name__ == "__main__":
    main()
