"""The libraries of others in the studio's static files: unchanged, and each with its licence."""

import hashlib
import tomllib

from newsletter.web.studio.static_files import STATIC

VENDOR = STATIC / "vendor"
LIBRARIES = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))


def test_each_file_is_unchanged_and_has_a_licence() -> None:
    for name, library in LIBRARIES.items():
        assert hashlib.sha256((VENDOR / library["file"]).read_bytes()).hexdigest() == library["sha256"], name
        assert "Permission" in (VENDOR / f"{name}.LICENSE").read_text(encoding="utf-8")
        assert library["licence"] in ("0BSD", "MIT")
        assert library["version"]


def test_there_are_no_other_files() -> None:
    expected = {library["file"] for library in LIBRARIES.values()} | {f"{name}.LICENSE" for name in LIBRARIES}
    assert {path.name for path in VENDOR.iterdir()} == expected | {"VENDORED.toml"}
