"""Rules that keep the code easy to navigate: names, sizes and docstrings of packages."""

import ast
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

import newsletter

PACKAGE = Path(newsletter.__file__).parent
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
LONGEST = 400  # lines
VAGUE = {"asked", "each", "found", "one", "said"}


def test_no_two_public_classes_share_a_name() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_no_module_is_too_long() -> None:
    lines = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {path: number for path, number in lines.items() if number > LONGEST} == {}


def test_names_can_be_searched_for() -> None:
    """No variable or parameter has a name that would fit everything (CONTRIBUTING, Words)."""
    vague = []
    for path in MODULES:
        functions = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef))
        for node in (inner for function in functions for inner in ast.walk(function)):
            is_variable = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node) if is_variable else ""
            if name in VAGUE:
                vague.append(f"{path.relative_to(PACKAGE).as_posix()}: {name}")
    assert vague == []


def test_only_may_decides_what_a_role_allows() -> None:
    """Others ask ``may`` or ``require`` with an act: no other module compares roles. Pages may describe them."""
    naming = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Role"
    }
    assert naming == {"domain/people.py", "store/staff/members.py", "web/studio/people/people_page.py"}


def test_each_package_has_a_docstring() -> None:
    without = [
        path for path in MODULES if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert without == []


def test_each_enum_member_has_a_reason() -> None:
    """A member's reason is a comment on its line or directly above it."""
    without = []
    for path in MODULES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            bases = {ast.unparse(base) for base in node.bases} if isinstance(node, ast.ClassDef) else set()
            if not isinstance(node, ast.ClassDef) or not bases & {"Enum", "StrEnum"}:
                continue
            for member in node.body:
                if isinstance(member, ast.Assign):
                    above = lines[member.lineno - 2].lstrip()
                    if not above.startswith("#") and "  # " not in lines[member.lineno - 1]:
                        without.append(f"{path.relative_to(PACKAGE).as_posix()}: {ast.unparse(member)}")
    assert without == []


@pytest.mark.parametrize(
    ("contract", "free"),
    [
        ("Drivers stay in their package", {"aws", "providers", "store"}),
        ("Only the command line prints and reads options", {"__main__", "cli"}),
    ],
)
def test_a_contract_about_all_packages_lists_all_but_those_that_are_free(contract: str, free: set[str]) -> None:
    settings = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (listed,) = (known for known in settings["tool"]["importlinter"]["contracts"] if known["name"] == contract)
    packages = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {f"newsletter.{name}" for name in packages - free - {"__init__"}} == set(listed["source_modules"])
