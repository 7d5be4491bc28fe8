"""docs/studio.md: the keys that it lists work, and its pictures are those that ``make screenshots`` draws."""

import re
from pathlib import Path

from newsletter.web.studio.places import PLACES
from tests.web.studio.modules import STATIC
from tests.web.studio.renew_screenshots import PICTURES, ROOT, SCREENS, SHOWN

GUIDE = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
TEMPLATES = ROOT / "templates" / "pages" / "studio"
SHORT = {"↑": "ArrowUp", "↓": "ArrowDown", "Del": "Delete", "Esc": "Escape", "Shift": "Shift+Arrow"}
LARGEST = 1_500_000  # bytes of all pictures together


def _text(folder: Path, pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern)))


def test_every_key_in_the_guide_works_somewhere() -> None:
    scripts, templates = _text(STATIC, "*.js"), _text(TEMPLATES, "*.html")
    known = {place.keys for place in PLACES}
    known |= set(re.findall(r'data-(?:key|command)="([^"]+)"', templates))
    known |= set(re.findall(r'"((?:Ctrl\+|Shift\+)?(?:[A-Z]\d?|[a-z*/\[.]|Arrow\w+|Delete|Enter|Escape|F8))"', scripts))
    known |= {f"Alt+{key}" for key in ("ArrowUp", "ArrowDown") if "`Alt+${key}`" in scripts} | {"Shift+Arrow"}
    table = GUIDE.partition("## Keys")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*)\|$", table, re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    assert len(keys) > 20
    for short, name in SHORT.items():
        keys = {key.replace(short, name) if key != "Shift+F8" else key for key in keys}
    assert keys <= known, keys - known
    assert {place.keys for place in PLACES} <= keys


def test_the_documents_show_the_pictures_that_are_drawn_and_no_others() -> None:
    files = sorted(SHOWN.glob("*"))
    assert [file.name for file in files] == sorted(f"{name}.webp" for name in PICTURES)
    shown = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert set(re.findall(r"images/studio/([\w-]+)\.webp", shown)) == set(PICTURES)
    assert sum(file.stat().st_size for file in files) < LARGEST
    assert {name for parts in PICTURES.values() for _, name, *_ in parts} <= set(SCREENS)
