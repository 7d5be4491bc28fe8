"""`newsletter init`, from the checkout and from the built package."""

import errno
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.cli import init
from newsletter.rendering import theme_names
from newsletter.translation import languages
from tests.command_line import Run, files

REPOSITORY = Path(__file__).parents[2]


def test_a_new_newsletter_has_no_findings(run: Run, tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "letters" / "my-letter")).status == 0
    checked = run("-C", str(tmp_path / "letters" / "my-letter"), "check", "--strict")
    assert (checked.status, checked.stdout, checked.stderr) == (0, "No problems found.\n", "")


@pytest.mark.parametrize("language", languages())
def test_a_new_newsletter_in_any_language_of_the_program_has_no_findings(
    run: Run, tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "letter"
    assert run("init", str(folder), "--language", language).status == 0
    settings = tomllib.loads((folder / "newsletter.toml").read_text())
    assert settings["language"] == language
    assert (settings["topics"]["oceans"]["name"] == "Oceans") == (language == "en")
    checked = run("-C", str(folder), "check", "--strict")
    assert (checked.status, checked.stdout, checked.stderr) == (0, "No problems found.\n", "")


def test_a_language_without_a_sample_issue_is_refused(run: Run, tmp_path: Path) -> None:
    refused = run("init", str(tmp_path / "letter"), "--language", "../de")
    assert (refused.status, "use one of ar, de, en" in refused.stderr) == (2, True)
    assert not (tmp_path / "letter").exists()


def test_a_new_newsletter_can_be_sent_at_once(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", str(tmp_path / "my-letter"))
    monkeypatch.chdir(tmp_path / "my-letter")
    monkeypatch.setenv("NEWSLETTER_SECRET", "0123456789abcdef")
    assert run("subscribers", "add", "ada@example.com").status == 0
    assert run("send", "latest", "--yes").status == 0
    assert len(list(Path("outbox").rglob("*.eml"))) == 1


def test_a_new_newsletter_has_the_given_name_with_any_characters(run: Run, tmp_path: Path) -> None:
    name = 'The "Daily" \\ Ünïcode = [x] 📮'
    assert run("init", str(tmp_path / "letter"), "--name", name).status == 0
    assert tomllib.loads((tmp_path / "letter" / "newsletter.toml").read_text())["name"] == name
    assert run("-C", str(tmp_path / "letter"), "check").status == 0


def test_without_a_name_a_newsletter_is_named_after_its_folder(run: Run, tmp_path: Path) -> None:
    run("init", str(tmp_path / "the-morning_post"))
    assert tomllib.loads((tmp_path / "the-morning_post" / "newsletter.toml").read_text())["name"] == "The morning post"


def test_a_name_of_two_lines_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "letter"), "--name", "").status == 2
    refused = run("init", str(tmp_path / "letter"), "--name", "One\nTwo")
    assert refused.status == 2
    assert not (tmp_path / "letter").exists()


def test_a_new_newsletter_has_an_issue_dated_today_and_no_copy_of_the_theme(run: Run, tmp_path: Path) -> None:
    run("init", str(tmp_path / "letter"))
    (issue,) = json.loads(run("-C", str(tmp_path / "letter"), "issue", "list", "--json").stdout)
    assert abs((datetime.now(tz=UTC).date() - datetime.fromisoformat(issue["date"]).date()).days) <= 1
    assert not (tmp_path / "letter" / "templates").exists()
    assert {"newsletter.db*", "*.csv", "*.part"} <= set((tmp_path / "letter" / ".gitignore").read_text().splitlines())


def test_a_folder_that_is_not_empty_is_refused_unchanged(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    refused = run("init", str(tmp_path))
    assert refused.status == 2
    assert refused.stderr == f"error: {tmp_path} is not empty: name a new or empty folder\n"
    assert files(tmp_path) == {"notes.txt": b"mine"}


def test_a_new_newsletter_has_the_chosen_theme(run: Run, tmp_path: Path) -> None:
    refused = run("init", str(tmp_path / "letter"), "--theme", "defualt")
    assert (refused.status, refused.stderr) == (2, 'error: no theme "defualt": did you mean "default"?\n')
    assert not (tmp_path / "letter").exists()
    for theme in theme_names(tmp_path):
        assert run("init", str(tmp_path / theme), "--theme", theme).status == 0
        assert tomllib.loads((tmp_path / theme / "newsletter.toml").read_text())["theme"] == {"name": theme}
        assert run("-C", str(tmp_path / theme), "check", "--strict").stdout == "No problems found.\n"


def test_a_new_git_repository_counts_as_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert run("init", str(tmp_path)).status == 0
    assert (tmp_path / "newsletter.toml").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine")
    assert run("init", str(tmp_path / "letter")).status == 2
    assert run("init", str(tmp_path / "letter" / "inner")).status == 1
    assert files(tmp_path) == {"letter": b"mine"}


def test_a_failed_init_leaves_no_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = init._files

    def until_the_disk_is_full(*arguments: Any) -> Iterator[tuple[str, str]]:
        yield next(iter(real(*arguments)))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(init, "_files", until_the_disk_is_full)
    failed = run("init", str(tmp_path / "letter"))
    assert failed.status == 1
    assert failed.stderr.startswith("error: ")
    assert not (tmp_path / "letter").exists()


# Run commands in one process, and print the program's folder.
_RUN_ALL = """
import json, os, pathlib, sys, newsletter.__main__ as program
for arguments in json.loads(sys.argv[1]):
    here = os.getcwd()
    try:
        program.main(arguments)
    except SystemExit as ending:
        if ending.code:
            raise
    os.chdir(here)
print(pathlib.Path(program.__file__).parent)
"""


def test_the_built_package_contains_its_templates(tmp_path: Path) -> None:
    # Needs hatchling in the tests' environment but no network. A wheel of pure Python is installed by unpacking it.
    build = "import hatchling.build as b, sys; print(b.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=REPOSITORY, check=True, timeout=120)
    (wheel,) = tmp_path.glob("newsletter-*.whl")
    with zipfile.ZipFile(wheel) as unpacked:
        unpacked.extractall(tmp_path / "clean")
    originals = files(REPOSITORY / "templates" / "email" / "default")
    names = originals.keys() - {"theme.toml"}
    # Dependencies come from the tests' environment. Without the site module the checkout isn't on the path.
    there = [str(tmp_path / "clean"), *(path for path in sys.path if path.endswith("site-packages"))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(there)}
    commands = (
        ["init", "letter"],
        ["-C", "letter", "check", "--strict"],
        ["-C", "letter", "theme", "new", "own", *sorted(names)],
    )
    command = [sys.executable, "-S", "-c", _RUN_ALL, json.dumps(commands)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, str(tmp_path / "clean/newsletter")), done.stderr
    copied = files(tmp_path / "letter" / "templates" / "email" / "own")
    assert {name: copied[name] for name in names} == {name: originals[name] for name in names}
