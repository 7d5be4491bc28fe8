"""Lines of the text part in the format of RFC 3676."""

import re

from hypothesis import given
from hypothesis import strategies as st

from newsletter.message.template import Slot
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.plaintext import flowed
from tests.rendering.samples import english, hebrew, text

NO_TOKEN = re.compile(r"(?!)")


def flow(source: str) -> str:
    return flowed(source, NO_TOKEN, len)


def unflowed(document: str) -> str:
    """Return the text as a mail client shows it (RFC 3676 §4)."""
    paragraphs: list[tuple[int, str]] = []
    flowing = False
    for line in document.removesuffix("\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if flowing and paragraphs[-1][0] == depth:
            paragraphs[-1] = (depth, paragraphs[-1][1] + content)
        else:
            paragraphs.append((depth, content))
        flowing = line.endswith(" ")
    return "\n".join("> " * depth + content if content or not depth else ">" * depth for depth, content in paragraphs)


def test_long_lines_are_wrapped_at_72_and_flow() -> None:
    lines = flow("word " * 40).splitlines()
    assert all(len(line) <= 72 for line in lines)
    assert all(line.endswith(" ") for line in lines[:-1])
    assert not lines[-1].endswith(" ")


def test_quotations_keep_their_mark_on_each_line() -> None:
    lines = flow("> " + "word " * 40).splitlines()
    assert len(lines) > 2
    assert all(line.startswith("> ") and len(line) <= 72 for line in lines)


def test_an_ellipsis_stays_whole() -> None:
    for before in range(50, 72):
        document = flow(f"{'x' * before} end. . . . And so on.")
        assert ". . . ." in document
        assert all(len(line) <= 72 for line in document.splitlines())


def test_a_link_stays_whole_on_its_line() -> None:
    link = f"<https://example.org/{'x' * 200}>"
    assert flow(f"Read on:\n{link}\nEnd") == f"Read on:\n{link}\nEnd\n"


def test_lines_that_would_be_misread_are_space_stuffed() -> None:
    assert flow("From here on\n    code") == " From here on\n     code\n"


def test_empty_lines_do_not_pile_up() -> None:
    assert flow("\n\na\n\n\n\nb\n\n") == "a\n\nb\n"


def test_a_readers_value_counts_with_the_length_of_its_default() -> None:
    for default, count in (("", 1), ("x" * 60, 3)):
        placeholders = Placeholders()
        token = placeholders.slot(Slot("subscriber.name", default))
        lines = flowed(
            f"A good morning to you, {token}, and to all the others.", placeholders.pattern, placeholders.width
        )
        assert lines.count("\n") == count


def test_only_links_make_lines_of_an_issue_too_long() -> None:
    for document in (text(*english()), text(*hebrew())):
        assert all(len(line) <= 72 or line.startswith(("<https://", "<mailto:")) for line in document.splitlines())


words = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=90), min_size=1, max_size=30
)


@given(st.lists(words.map(" ".join), min_size=1, max_size=5))
def test_a_mail_client_gets_the_paragraphs_back(paragraphs: list[str]) -> None:
    source = "\n\n".join(paragraph for paragraph in paragraphs if not paragraph.startswith(">")) or "x"
    assert unflowed(flow(source)) == source


@given(words.map(" ".join))
def test_a_mail_client_gets_a_quotation_back(paragraph: str) -> None:
    source = f"> {paragraph.lstrip('>') or 'x'}"
    assert unflowed(flow(source)) == source
