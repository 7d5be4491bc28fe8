"""What keeps the code easy to find one's way in: names, sizes, and what packages say of themselves."""

import ast
from collections import defaultdict
from pathlib import Path

import newsletter

PACKAGE = Path(newsletter.__file__).parent
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
LONGEST = 400  # lines


def test_no_two_public_classes_share_a_name() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lines = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {path: number for path, number in lines.items() if number > LONGEST} == {}


def test_each_package_says_what_it_holds() -> None:
    without = [
        path for path in MODULES if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert without == []
