"""Every route of the hosted studio for everybody: members of each role, outsiders, newcomers and those who have left.

``route_table.py`` says who may use which; a route that it doesn't know fails.
"""

import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from newsletter.domain.people import Role
from tests import event_loop
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.permissions.asked import LEFT, NEW, NOW, Answer, AskedStudio, asked_studio
from tests.web.studio.permissions.route_table import RULES, VALUES, Rule

_MEMBERS = {Role.WRITER: WRITER, Role.EDITOR: EDITOR, Role.PUBLISHER: PUBLISHER, Role.ADMIN: ADMIN}
NIGHT = """
[segments.night]
name = "Night"
where = 'language = "de"'
"""
_MOUNTS = ("/static", "/studio", "/report-styles")
_REFUSALS = (
    "<h1>Not saved</h1>",
    "<h1>Not sent</h1>",
    "<h1>Not done</h1>",
    "<h1>Your role doesn’t include this page</h1>",
    "<h2>This page can’t be shown</h2>",
)
_DIGEST = re.compile(r"/[0-9a-f]{16}$")  # of static files


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskedStudio]:
    """Return the studio, which all tests of this module change."""
    root = tmp_path_factory.mktemp("studio")
    write_newsletter(root)
    with (root / "newsletter.toml").open("a", encoding="utf-8") as settings:
        settings.write(NIGHT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEWSLETTER_SECRET", SECRET)
        with asked_studio(root) as asked:
            yield asked


def names_of(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """Yield each route as the table has it, those of mounts too."""
    for route in routes:
        if isinstance(route, Mount):
            if not _DIGEST.search(route.path):
                yield f"GET {route.path}"
        else:
            assert isinstance(route, APIRoute), "include_router builds a second copy of each route"
            yield from (f"{method} {route.path}" for method in sorted(route.methods or ()))


def test_the_table_has_every_route(studio: AskedStudio) -> None:
    names = list(names_of(studio.app.routes))
    assert set(names) == set(RULES), "add a line to route_table.py"
    assert len(names) == len(set(names))


def path_of(name: str, rule: Rule) -> str:
    """Return a route's path with values for its parts."""
    values = {**VALUES, **rule.values}
    path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: values[part[1]], name.partition(" ")[2])
    return f"{path}/{values['name']}" if path in _MOUNTS else path


def refusal(answer: Answer) -> str:
    """Return why an answer refuses a request, or "" if it doesn't: bad values and missing things are no refusals."""
    if answer.status == 303 and answer.headers["location"].startswith(("/sign-in?", "/new-passkey")):
        return "not-signed-in"
    if answer.status not in (401, 403):
        return ""
    code = re.search('"code": ?"([^"]+)"', answer.text)
    if code:
        return code[1]
    if answer.status == 401:
        return "confirmation-needed" if "data-confirm" in answer.text else "not-signed-in"
    # Never the form's own page: a send's has numbers of readers.
    is_refused = any(heading in answer.text for heading in _REFUSALS)
    return "forbidden" if is_refused else "forbidden, on the form's page"


async def asked(studio: AskedStudio, name: str, secret: str, *, plain: bool = False) -> str:
    rule, method = RULES[name], name.partition(" ")[0]
    headers = {} if plain or method != "POST" else {"accept": "application/json"}
    answer = await studio.ask(
        method, path_of(name, rule), secret=secret, form=rule.form, headers=headers, query=rule.query
    )
    assert answer.status < 500, name
    return refusal(answer)


async def _mismatches(studio: AskedStudio) -> list[str]:
    wrong = []
    left = studio.session(LEFT)
    studio.store.staff.remove(studio.of(LEFT).id, NOW)

    async def expect(who: str, name: str, secret: str, expected: str) -> None:
        forms = (False, True) if expected and name.startswith("POST") else (False,)  # what is refused changes nothing
        for plain in forms:
            got = await asked(studio, name, secret, plain=plain)
            if got != expected:
                way = "a plain form of " if plain else ""
                wrong.append(f"{way}{who}: {name}: {got or 'allowed'} instead of {expected or 'allowed'}")

    for name, rule in RULES.items():
        outside = "" if rule.is_open else "not-signed-in"
        await expect("an outsider", name, "", outside)
        await expect("a member who has left", name, left, outside)
        newcomer = studio.session(NEW, by_link=True)
        await expect("a newcomer", name, newcomer, "" if rule.for_newcomers else "not-signed-in")
        if rule.is_open:
            continue
        roles = list(Role)
        for role in roles if name.startswith("POST") else roles[: roles.index(rule.lowest) + 1]:
            allowed = roles.index(role) >= roles.index(rule.lowest)
            member = studio.session(_MEMBERS[role])
            await expect(role, name, member, "" if allowed else "forbidden")
        if name.startswith("POST"):
            unconfirmed = studio.session(_MEMBERS[rule.lowest], confirmed=False)
            await expect(
                f"an unconfirmed {rule.lowest}", name, unconfirmed, "confirmation-needed" if rule.confirmed else ""
            )
    return wrong


def test_everybody_may_use_exactly_the_routes_of_the_table(studio: AskedStudio) -> None:
    assert event_loop.run(_mismatches(studio)) == []
