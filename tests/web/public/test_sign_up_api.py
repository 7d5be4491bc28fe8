"""The API against its own description, with Schemathesis's requests, and the form that other sites embed."""

import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings

from tests.web.public.public_pages import HOST, hidden, public

if TYPE_CHECKING:
    from schemathesis.generation.case import Case

SERVING = Path(__file__).parents[3] / "docs/serving.md"


def test_the_api_answers_any_request_as_its_description_says(tmp_path: Path) -> None:
    import schemathesis  # imported here, since it is slow and every worker imports every test module
    from schemathesis.core.result import Ok
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    clients = count()
    with public(tmp_path) as pages, pages.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
        operations = [valid.ok() for valid in schema.get_all_operations() if isinstance(valid, Ok)]
        assert {operation.label for operation in operations} == {"POST /api/sign-ups", "GET /api/topics"}

        def answers_as_described(case: "Case[Any]") -> None:
            # Each request has its own network, so that its content is checked and not its rate. No schema can state
            # which names and topics are accepted.
            who = {"Host": HOST, "X-Forwarded-For": f"2001:{next(clients):x}::1"}
            case.call_and_validate(base_url=pages.address, headers=who, excluded_checks=[positive_data_acceptance])

        quick = settings(max_examples=50, suppress_health_check=list(HealthCheck))
        for operation in operations:
            quick(given(case=operation.as_strategy(GenerationMode.POSITIVE))(answers_as_described))()
            if operation.body:
                quick(given(case=operation.as_strategy(GenerationMode.NEGATIVE))(answers_as_described))()
        assert pages.logged == []


def test_the_documented_embedded_form_opens_a_filled_in_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"^```html\n(.*?)^```$", SERVING.read_text(), re.DOTALL | re.MULTILINE)
    assert 'action="https://news.example.org/subscribe"' in shown
    assert set(re.findall(r'name="(\w+)"', shown)) == {"address", "topic"}
    with public(tmp_path) as pages, pages.client() as client:
        sent = {"address": "ada@example.com", "topic": "asia"}
        page = client.post("/subscribe", data=sent, headers={"Origin": "https://blog.example"}).text
        assert 'value="ada@example.com"' in page
        assert 'value="asia" checked' in page
        assert pages.mails() == []
        pages.clock.move(seconds=5)
        client.post("/subscribe", data=sent | {"opened": hidden(page, "opened")})
        (mail,) = pages.mails()
        assert mail["To"] == "ada@example.com"


def test_an_invalid_body_is_explained_in_plain_words(tmp_path: Path) -> None:
    with public(tmp_path) as pages, pages.client() as client:
        for body, message in (
            (b"{", ": it is not JSON"),
            (b"[]", ": write an object"),
            (b"{}", "address: it is missing"),
            (b'{"address": 7}', 'address: write text in quotes: "\u2026"'),
            (b'{"address": "ada@example.com", "topics": "science"}', "topics: write a list"),
            (b'{"address": "ada@example.com", "nmae": "Ada"}', "nmae: there is no such field"),
            (b'{"address": "ada@example.com", "frequency": "hourly"}', 'frequency: write "each" or "weekly"'),
            (b'{"address": "ada@example.com", "frequency": "weekly"}', "frequency: this newsletter has no weekly"),
            (b'{"address": "ada@example.com", "topics": ["space"]}', 'topics: there is no "space"'),
            (b'{"address": "ada@example.com", "language": "xx"}', 'language: there is no "xx"; there are: en'),
            (b'{"address": "ada@example.com", "language": "\\ud800"}', "language: write valid Unicode"),
            (b'{"address": "ada@"}', "address: Please enter an email address"),
        ):
            answer = client.post("/api/sign-ups", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422
            fault = answer.json()
            (detail,) = fault["details"]
            assert message in detail
            assert fault["messages"].keys() == ({"address"} if "address:" in detail else set())
