"""Merge fields in notes and blocks: readers' values, and links as whole targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Section
from newsletter.message.link_slots import answer_of, vote_slot, vote_slots
from newsletter.message.prose import merge_findings, prose_template
from newsletter.message.template import Slot
from tests import make

NEWSLETTER = make.newsletter()


def findings(note: str) -> list[str]:
    return [finding.what for finding in merge_findings(make.issue(note=note), NEWSLETTER)]


def test_each_wrong_field_has_its_position() -> None:
    issue = make.issue(
        subject="{{ x }}", preheader="{{ subscriber.nam }}", note="fine\n{{ y }} {{ z", lines={"subject": 3, "note": 9}
    )
    places = [str(finding.place) for finding in merge_findings(issue, NEWSLETTER)]
    assert places == [f"issues/2026-11-23.md:{line}" for line in (3, 1, 10, 10)]


def test_attributes_of_the_newsletter_are_fields() -> None:
    issue = make.issue(note="{{ subscriber.city }}")
    assert merge_findings(issue, make.newsletter(attributes=("city",))) == ()


@pytest.mark.parametrize(
    "note",
    [
        "Change [your topics]({{ links.preferences }}).",
        "[a]({{links.archive}}) [b]({{ links.subscribe }}) [c]({{ links.unsubscribe }}) [d]({{ links.browser }})",
        '[a]( {{ links.reply }} ), [b](<{{ links.archive }}>) and [*c*]({{ links.archive }} "title")',
        'Was it good? [Yes, very (really)]({{ links.vote("yes (very)") }}) · [No]({{ links.vote(\'"no"\') }})',
        "[a][1] and [b][1]\n\n[1]: {{ links.preferences }}",
        "> * [in a quoted list]({{ links.preferences }})",
    ],
)
def test_a_link_may_be_the_whole_target_of_a_link(note: str) -> None:
    assert findings(note) == []


@pytest.mark.parametrize(
    "note",
    [
        "See {{ links.preferences }}.",
        "<{{ links.preferences }}>",
        "[a]({{ links.preferences }}#top)",
        "[a](https://example.org/{{ links.preferences }})",
        "`[a]({{ links.preferences }})`",
        "    [a]({{ links.preferences }}) \\[b]({{ links.preferences }})",
        "{{ links.preferences }}",
    ],
)
def test_anywhere_else_a_link_is_reported(note: str) -> None:
    assert '"{{ links.preferences }}" is not the target of a link' in findings(note)[:1]


@pytest.mark.parametrize(
    "note",
    [
        "[a]({{ subscriber.name }})",
        "[a](https://a.org/{{ edition.count }})",
        "See https://a.org/?u={{ subscriber.email }} now.",
        "(HTTPS://a.org/{{ subscriber.email }})",
        "[a][1]\n\n[1]: https://a.org/?u={{ subscriber.email }}",
        "`https://a.org/?u={{ subscriber.email }}`",
        "www.a.org?{{ subscriber.email }}",
        "a.org/{{ subscriber.email }}",
        "{{ subscriber.name }}.a.org/",
        "{{ subscriber.name }}://a.org",
    ],
)
def test_other_values_are_never_in_an_address(note: str) -> None:
    assert findings(note) == ["a merge field in a link's address"]


@pytest.mark.parametrize(
    "note",
    [
        "See https://a.org/ {{ subscriber.name }}.",
        "{{ subscriber.name }}, see https://a.org/",
        "**{{ subscriber.name }}** <https://a.org/>",
        "Hello,\n{{ subscriber.name }}! We wrote to {{ subscriber.email }}.",
        '[a](https://a.org/ "For {{ subscriber.name }}")',
        "he/she/{{ subscriber.name }}",
    ],
)
def test_values_may_be_beside_an_address(note: str) -> None:
    assert findings(note) == []


def test_a_subject_has_no_links() -> None:
    issue = make.issue(subject="[a]({{ links.archive }})", preheader="{{ links.archive }}")
    assert [finding.what for finding in merge_findings(issue, NEWSLETTER)] == [
        '"{{ links.archive }}" is not the target of a link'
    ] * 2


def test_the_texts_of_notes_and_sponsors_have_merge_fields_and_other_blocks_do_not() -> None:
    blocks = [
        Block(kind=kind, text="A\n{{ x }}", path=f"issues/blocks/{kind}.md", lines={"text": 5}) for kind in BlockKind
    ]
    issue = make.issue(sections=(Section(title=None, items=(*blocks, make.entry())),), note="")
    places = [str(finding.place) for finding in merge_findings(issue, NEWSLETTER)]
    assert places == ["issues/blocks/note.md:6", "issues/blocks/sponsor.md:6"]


def test_prose_is_split_at_the_slots_of_its_links() -> None:
    text = 'A [b]({{ links.preferences }}), [c]({{ links.vote("Ja, gerne") }}), [d]({{ links.archive }}) {{ nothing }}.'
    assert prose_template(text, NEWSLETTER, {"archive": "https://news.example.org/"}) == (
        "A [b](",
        Slot("links.preferences"),
        "), [c](",
        Slot('links.vote("Ja, gerne")'),
        "), [d](",
        "https://news.example.org/",
        ") {{ nothing }}.",
    )


@given(st.text(min_size=1, max_size=10))
def test_a_slot_for_a_vote_names_its_answer(answer: str) -> None:
    assert answer_of(vote_slot(answer)) == answer


def test_answers_are_in_order_and_each_once() -> None:
    yes, no = Slot(vote_slot("yes")), Slot(vote_slot("no"))
    assert vote_slots([("a", no, Slot("links.browser")), (yes, no)]) == (no.name, yes.name)
    assert answer_of("links.browser") is None


@pytest.mark.parametrize("written", ["Cafe\u0301  au\u00a0lait", " Caf\u00e9 au lait"])
def test_an_answer_has_one_form(written: str) -> None:
    (_, slot, _) = prose_template(f'[x]({{{{ links.vote("{written}") }}}})', NEWSLETTER, {})
    assert slot == Slot('links.vote("Caf\u00e9 au lait")')
