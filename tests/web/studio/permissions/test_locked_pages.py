"""What a page offers follows from the role: fields and buttons that would be refused can't be used."""

from collections.abc import Iterator

import pytest
from lxml import html

from newsletter.domain.people import Person
from tests import event_loop
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, WRITER
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.permissions.asked import AskedStudio, asked_studio

_USABLE = "//main//*[self::input or self::textarea or self::select or self::button][not(ancestor::fieldset[@disabled])]"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskedStudio]:
    """Return the studio of a newsletter with an entry of the writer's."""
    root = tmp_path_factory.mktemp("locked")
    write_newsletter(root).entry("own", by=WRITER.address)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEWSLETTER_SECRET", SECRET)
        with asked_studio(root) as asked:
            yield asked


def usable(studio: AskedStudio, person: Person, path: str) -> set[str]:
    """Return the ids of the page's fields that a person can use."""
    page = html.fromstring(event_loop.run(studio.ask("GET", path, secret=studio.session(person))).text)
    return {str(control.get("id")) for control in page.xpath(_USABLE) if control.get("id")}


def test_a_writers_fields_are_those_of_their_own_entries(studio: AskedStudio) -> None:
    assert {"title", "framing", "topics"} <= usable(studio, WRITER, "/entries/own")
    assert not {"title", "framing", "topics", "by"} & usable(studio, WRITER, "/entries/night-train")
    assert {"title", "framing", "topics"} <= usable(studio, EDITOR, "/entries/night-train")


def test_a_locked_entry_has_no_tools(studio: AskedStudio) -> None:
    def tools(person: Person, path: str) -> int:
        page = html.fromstring(event_loop.run(studio.ask("GET", path, secret=studio.session(person))).text)
        return len(page.xpath("//*[@data-tool or @data-remove or @id='quote']"))

    assert tools(WRITER, "/entries/night-train") == 0
    assert tools(WRITER, "/entries/own") >= 3
    assert tools(EDITOR, "/entries/night-train") >= 3


def test_a_writer_is_told_who_creates_issues(studio: AskedStudio) -> None:
    assert "date" in usable(studio, EDITOR, "/issues")
    assert usable(studio, WRITER, "/issues") == set()
    page = event_loop.run(studio.ask("GET", "/issues", secret=studio.session(WRITER))).text
    assert "Editors create issues." in page
    desk = event_loop.run(studio.ask("GET", "/", secret=studio.session(WRITER))).text
    assert 'href="/issues"' not in desk
    assert 'action="/issues"' not in desk


def test_only_those_who_edit_all_entries_may_give_one_away(studio: AskedStudio) -> None:
    assert "by" not in usable(studio, WRITER, "/entries/own")
    assert "by" in usable(studio, EDITOR, "/entries/own")


def test_a_writer_looks_at_an_issue_and_composes_nothing(studio: AskedStudio) -> None:
    assert {"subject", "new-section"} <= usable(studio, ADMIN, "/issues/2026-11-23")
    left = usable(studio, WRITER, "/issues/2026-11-23")
    assert not {"subject", "preheader", "note", "new-section"} & left
    page = event_loop.run(studio.ask("GET", "/issues/2026-11-23", secret=studio.session(WRITER))).text
    assert "Editors compose issues." in page


def test_a_writer_adds_no_link_to_an_issue(studio: AskedStudio) -> None:
    def ask(person: Person, method: str, path: str, form: dict[str, str]) -> tuple[int, str]:
        answer = event_loop.run(studio.ask(method, path, form=form, secret=studio.session(person)))
        return answer.status, answer.text

    target = "2026-11-23"
    kept, refused = "https://example.org/kept", "https://example.org/refused"
    assert ask(WRITER, "POST", "/capture", {"url": kept, "to": "links"})[0] == 303
    assert ask(WRITER, "POST", "/capture", {"url": refused, "to": target})[0] == 403
    links = ask(WRITER, "GET", "/links", {})[1]
    assert kept in links
    assert refused not in links  # it was said that nothing was saved
    assert "Add to issue" not in links
    assert target not in ask(WRITER, "GET", "/capture", {})[1]
    assert "Add to issue" in ask(EDITOR, "GET", "/links", {})[1]
    assert target in ask(EDITOR, "GET", "/capture", {})[1]
