"""The command as a process: exit statuses, streams, signals, speed."""

import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from newsletter.__main__ import main
from newsletter.files import temporary_files
from tests.command_line import Run, edit, files
from tests.databases import WARNING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

COMMAND = [sys.executable, "-m", "newsletter"]


def newsletter(*arguments: str, root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=root,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_help_imports_nothing_heavy(root: Path) -> None:
    program = "import sys, newsletter.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {
        "sqlalchemy",
        "pydantic",
        "fastapi",
        "jinja2",
        "boto3",
        "ruamel.yaml",
        "lxml",
        "email_validator",
        "alembic",
    }
    assert not heavy & set(done.stdout.split())


def test_the_script_and_the_module_are_the_same_command(root: Path) -> None:
    script = shutil.which("newsletter", path=str(Path(sys.executable).parent))
    assert script is not None
    outcomes = [
        subprocess.run([*command, "issue", "list", "--json"], cwd=root, capture_output=True, text=True)
        for command in ([script], COMMAND)
    ]
    assert outcomes[0].returncode == outcomes[1].returncode == 0
    assert outcomes[0].stdout == outcomes[1].stdout


def test_a_usage_error_exits_with_2_and_prints_to_stderr(root: Path, run: Run) -> None:
    for arguments in (["check", "--loudly"], ["build"], ["entry"], []):
        assert run(*arguments).status == 2
    done = newsletter("chekc", root=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "check" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_is_one_line_on_stderr_with_status_1(root: Path) -> None:
    (root / "newsletter.toml").write_text('name = "A"\nname = "B"\n')
    done = newsletter("check", root=root)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: newsletter.toml:2: ")
    assert done.stderr.count("\n") == 1


def test_another_newsletter_can_be_chosen_with_root(
    root: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in ("-C", "--root"):
        monkeypatch.chdir(tmp_path)
        done = run(option, str(root / "issues" / "entries"), "issue", "list", "--json")
        assert [issue["slug"] for issue in json.loads(done.stdout)] == ["2026-11-23"]


def test_a_closed_output_pipe_is_no_error(root: Path, run: Run) -> None:
    lines = "\n".join(f"reader{number}@example.com" for number in range(1000))  # more than a pipe and its buffers hold
    (root / "readers.csv").write_text(f"email\n{lines}\n")
    assert run("subscribers", "import", "readers.csv").status == 0
    with subprocess.Popen(
        [*COMMAND, "subscribers", "list", "--json"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "[\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == WARNING
        assert process.wait(timeout=30) == 1


def test_a_terminal_without_unicode_gets_escapes_and_no_traceback(root: Path) -> None:
    done = newsletter("init", "--help", root=root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    (root / "issues" / "entries" / "map-for-walkers.md").write_text("---\ntitle: Ünïcode\n---\n")
    done = newsletter("entry", "list", root=root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xdcn\\xefcode" in done.stdout


def test_a_full_disk_is_reported_with_the_systems_reason(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk(io.FileIO):
        def write(self, content: "ReadableBuffer", /) -> int:
            super().write(memoryview(content)[:100])
            raise OSError(28, "No space left on device")  # the system doesn't say which file is meant

    def open_on_full_disk(path: Path, mode: str, opener: Callable[[str, int], int] | None = None) -> BinaryIO:
        raw = (FullDisk if ".txt" in path.name else io.FileIO)(path, mode.replace("b", ""), opener=opener)
        return io.BufferedWriter(raw)

    run("build", "latest", "--out", "built")
    before = files(root / "built")
    edit("issues/2026-11-23.md", "number: 1", "number: 2")
    monkeypatch.setattr(temporary_files, "open", open_on_full_disk, raising=False)
    failed = run("build", "latest", "--out", "built")
    assert failed.status == 1
    assert failed.stdout == ""
    assert failed.stderr == (
        "error: built/2026-11-23.txt: No space left on device: free space on the disk and run the command again\n"
    )
    assert files(root / "built") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("issue", "new", "{}"),
        ("{}",),
        ("issue", "{}"),
        ("issue", "list", "--{}"),
        ("--{}",),
        ("issue", "list", "{}"),
        ("subscribers", "export", "--segment", "{}"),
        ("subscribers", "list", "--status", "{}"),
    ],
)
def test_control_characters_that_were_typed_do_not_reach_the_terminal(
    run: Run, root: Path, arguments: Sequence[str]
) -> None:
    typed = "\x1b[31mX\x07\x9b\u202e"
    failed = run(*(argument.format(typed) for argument in arguments))
    assert failed.status != 0
    assert "X" in failed.stderr
    assert not set(typed) - set("[31mX") & set(failed.stdout + failed.stderr)


def test_a_file_that_exceeds_the_limit_for_sizes_is_reported_with_a_hint(run: Run, root: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        failed = run("build", "latest", "--out", "built")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed.status == 1
    assert re.fullmatch(r"error: built/2026-11-23\.\w+: the file is too large: raise the limit .*\n", failed.stderr)


def test_ctrl_c_exits_with_130_without_a_traceback(monkeypatch: pytest.MonkeyPatch, run: Run, root: Path) -> None:
    def interrupted(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("newsletter.composing.check_manuscripts", interrupted)
    stopped = run("check")
    assert (stopped.status, stopped.stdout) == (130, "")
    assert "Traceback" not in stopped.stderr


def test_completion_offers_commands_and_issues(root: Path) -> None:
    def completed(words: str) -> list[str]:
        done = newsletter(
            root=root, _NEWSLETTER_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(words.count(" "))
        )
        return done.stdout.split()

    assert "subscribers" in completed("newsletter sub")
    assert completed("newsletter build ") == ["today", "next", "latest", "2026-11-23"]
    assert completed("newsletter sends show ") == ["today", "next", "latest", "2026-11-23"]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("newsletter 0.")
