"""docs/providers.md: every option is there with its default, and its example of a third provider runs."""

import mailbox
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from newsletter import providers
from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import SettingsError
from newsletter.message import template
from newsletter.message.mime import Wire
from newsletter.providers.options import Options
from newsletter.providers.outbox import OutboxOptions
from newsletter.providers.ses.options import SesOptions
from newsletter.providers.smtp.options import SmtpOptions
from tests import make
from tests.providers.conftest import readers, statuses

PAGE = (Path(__file__).parents[2] / "docs" / "providers.md").read_text(encoding="utf-8")
MODELS: dict[str, type[Options]] = {"outbox": OutboxOptions, "smtp": SmtpOptions, "ses": SesOptions}


def section(name: str) -> str:
    """Return the text below a heading."""
    return re.split(r"^## ", PAGE.partition(f"\n## {name}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a text."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", MODELS)
def test_all_options_and_no_others_are_documented(name: str) -> None:
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|", section(name), re.MULTILINE))
    assert list(rows) == list(MODELS[name].model_fields)
    for option, field in MODELS[name].model_fields.items():
        if field.is_required():
            assert rows[option] == "required"
        elif isinstance(field.default, bool):
            assert rows[option] == f"`{str(field.default).lower()}`"
        elif field.default:
            assert rows[option] == (f'`"{field.default}"`' if isinstance(field.default, str) else f"`{field.default}`")


@pytest.mark.parametrize("name", MODELS)
def test_the_documented_examples_can_be_opened(name: str, tmp_path: Path) -> None:
    table = tomllib.loads(blocks(section(name), "toml")[0])["provider"]
    assert table.pop("name") == name
    environment = {"NEWSLETTER_SMTP_PASSWORD": "secret"}
    providers.open_provider(name, table, root=tmp_path, environment=environment).close()


def test_every_expression_for_a_letter_can_be_evaluated(wire: Wire) -> None:
    table = PAGE.partition("\n### Letters\n")[2].partition("\n### ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    expressions = [expression for cell in cells for expression in re.findall(r"`([^`]+)`", cell)]
    assert len(expressions) == 9
    names = vars(template) | {"wire": wire, "recipient": readers(1)[0]}
    assert all(eval(expression, names) for expression in expressions)


def test_every_provider_of_this_package_has_a_section() -> None:
    assert set(MODELS) <= set(providers.provider_names())
    assert set(MODELS) == set(re.findall(r"^## ([a-z]+)$", PAGE, re.MULTILINE))


def test_a_third_partys_provider_is_found_by_its_entry_point(
    tmp_path: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = section("A provider of your own")
    project, settings = (tomllib.loads(block) for block in blocks(text, "toml"))
    points = project["project"]["entry-points"][providers.ENTRY_POINTS]
    installed = tmp_path / "site"
    (installed / "newsletter_mbox-1.dist-info").mkdir(parents=True)
    (installed / "newsletter_mbox-1.dist-info" / "METADATA").write_text("Name: newsletter-mbox\nVersion: 1\n")
    (installed / "newsletter_mbox-1.dist-info" / "entry_points.txt").write_text(
        "\n".join([f"[{providers.ENTRY_POINTS}]", *(f"{name} = {value}" for name, value in points.items())])
    )
    (installed / "newsletter_mbox.py").write_text(blocks(text, "python")[0])
    monkeypatch.syspath_prepend(installed)
    monkeypatch.setattr(providers, "_entry_points", providers._entry_points.__wrapped__)  # as in a new process

    table = settings["provider"]
    name = table.pop("name")
    assert name in providers.provider_names()
    provider = providers.open_provider(name, table, root=tmp_path, environment={})
    provider.check_sender(make.SENDER)
    assert set(statuses(list(provider.submit(make.letters(wire, readers(2))))).values()) == {DeliveryStatus.SUBMITTED}
    provider.close()
    box = mailbox.mbox(tmp_path / "all.mbox")
    messages = [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 an mbox is no mapping
    assert messages == [wire.message(reader) for reader in readers(2)]
    with pytest.raises(SettingsError, match="mbox takes path"):
        providers.open_provider(name, {"x": 1}, root=tmp_path, environment={})


def example_module(name: str, number: int) -> ModuleType:
    """Run a Python example of the section as a module that others can import."""
    module = ModuleType(name)
    exec(blocks(section("A provider of your own"), "python")[number], module.__dict__)
    return sys.modules.setdefault(name, module)


example_module("newsletter_mbox", 0)
TestMbox = example_module("test_newsletter_mbox", 1).TestMbox  # the example keeps the contract, as its own test says
del sys.modules["newsletter_mbox"]  # the test above installs it


def test_an_unknown_provider_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no provider 'sendmail'") as caught:
        providers.open_provider("sendmail", {}, root=tmp_path, environment={})
    assert "outbox, ses, smtp" in caught.value.hint
