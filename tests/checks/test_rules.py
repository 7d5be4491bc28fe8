"""The table of rules, docs/checks.md and the code that reports agree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import newsletter
from newsletter.checks import FAMILIES, RULES, make_finding
from newsletter.cli import advice
from newsletter.errors import Place

PACKAGE = Path(newsletter.__file__).parent
DOCUMENT = PACKAGE.parent / "docs" / "checks.md"
REPORTING = ("make_finding", "file_error", "report", "theme_error", "theme_warning", "_finding")


def reported() -> Iterator[str]:
    """Return the names of rules in calls that report, and in constants called RULE."""
    for room in ("checks", "content", "pictures", "rendering", "publishing"):
        for path in (PACKAGE / room).rglob("*.py"):
            if path.stem.endswith("rules"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from (name for text in _rule_texts(node) for name in re.findall(r"^[a-z]+(?:-[a-z0-9]+)+$", text))


def _rule_texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        named = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
        for value in [*named, *(node.args[:1] if name in REPORTING else ())]:
            yield from (
                each.value for each in ast.walk(value) if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )
    elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "RULE" for target in node.targets):
        yield str(getattr(node.value, "value", ""))


def test_every_reported_rule_is_in_the_table() -> None:
    names = set(reported())

    assert len(names) > 50
    assert names <= RULES.keys()


def test_every_rule_in_the_table_is_reported_somewhere() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if not (path.parent.name == "checks" and path.stem.endswith("rules"))
    )
    by_parts = {name for name in RULES if name.startswith("front-matter-")}  # put together where they are reported

    assert {name for name in RULES.keys() - by_parts if f'"{name}"' not in code} == set()


def test_a_rule_has_one_family_and_complete_texts() -> None:
    assert sum(len(family) for family in FAMILIES.values()) == len(RULES)
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", rule.name)
        assert rule.what.endswith((".", ")", "`"))
        assert rule.hint
        assert not rule.hint.endswith(".")
        assert rule.why.endswith((".", ")"))


def test_control_characters_in_a_manuscript_are_not_printed() -> None:
    finding = make_finding(
        "url-unfit", Place(path="a.md"), "\x1b]0;title\x07 \u202egro.elpmaxe\u00a0!" + "x" * 1000, "\x1b[2J"
    )

    assert str(finding).isprintable()
    assert len(finding.what) == 300


def table() -> str:
    """Return the part of docs/checks.md that is generated from the rules."""
    lines: list[str] = []
    for family, rules in FAMILIES.items():
        lines += [f"## {family}", "", "| rule | | what it finds | the hint | why |", "|---|---|---|---|---|"]
        for rule in rules:
            hint = advice.RULES.get(rule.name, rule.hint)
            cells = (f"`{rule.name}`", str(rule.severity), rule.what, hint, rule.why)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def test_the_documented_rules_match_the_code() -> None:
    assert table() in DOCUMENT.read_text(encoding="utf-8"), "paste the output of `python -m tests.checks.test_rules`"


if __name__ == "__main__":
    print(table())  # noqa: T201
