"""Processes that save the same file at the same time, or are killed during a save: no change and no file is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from newsletter.content import FileKind, field_value, read_manuscripts
from newsletter.domain.changes import SetField, SetMember
from newsletter.editing import Editing
from newsletter.files.newsletter_lock import newsletter_lock
from tests.editing.newsletters import ADA, ENTRY, ENTRY_TEXT, NOW, newsletter

_OLD, _NEW = "The night train returns", "The sleeper returns " * 200

# Each child is killed before a line of the code that writes; the numbers of lines come from the first, which isn't.
_KILLED = """
import os, signal, sys
from pathlib import Path
from newsletter.domain.changes import SetField
from newsletter.editing import Editing
from tests.editing.newsletters import ADA, ENTRY, NOW

ROOT, TITLE = Path(sys.argv[1]), sys.argv[2]
WRITING = ("newsletter/files/", "newsletter/editing/")

def trace(last):
    lines = 0
    def on_line(frame, event, argument):
        nonlocal lines
        if event == "line":
            lines += 1
            if lines == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return on_line
    def on_call(frame, event, argument):
        return on_line if any(name in frame.f_code.co_filename for name in WRITING) else None
    editing = Editing(ROOT, saving=lambda save: sys.settrace(on_call))
    editing.change(ADA, ENTRY, SetField(name="title", value=TITLE), now=NOW)
    sys.settrace(None)
    return lines

for command in sys.stdin:
    child = os.fork()
    if child == 0:
        print(trace(int(command)), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        print("killed", flush=True)
"""


def test_a_save_that_is_killed_at_any_line_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    root = newsletter(tmp_path)
    new = ENTRY_TEXT.replace(_OLD, _NEW.strip())
    names = sorted(path.name for path in (root / ENTRY).parent.iterdir())
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(root), _NEW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    def killed_at(line: int) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        (root / ENTRY).write_text(ENTRY_TEXT)
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    with process:
        lines = int(killed_at(0))
        assert (root / ENTRY).read_text() == new
        outcomes = set()
        for line in range(1, lines + 1, max(1, lines // 40)):
            assert killed_at(line) == "killed"
            text = (root / ENTRY).read_text()
            assert text in (ENTRY_TEXT, new)
            outcomes.add(text)
            assert read_manuscripts(root).findings == ()
        assert outcomes == {ENTRY_TEXT, new}
    with newsletter_lock(root, seconds=0):
        pass
    Editing(root).change(ADA, ENTRY, SetField(name="title", value="After"), now=NOW)
    assert sorted(path.name for path in (root / ENTRY).parent.iterdir()) == names


def test_a_process_that_is_killed_while_it_holds_the_lock_frees_it(tmp_path: Path) -> None:
    root = newsletter(tmp_path)
    child = os.fork()
    if child == 0:
        with newsletter_lock(root):
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    changed = Editing(root, patience=0).change(ADA, ENTRY, SetField(name="title", value="After"), now=NOW)
    assert changed.value == "After"


def test_processes_that_change_the_same_file_at_the_same_time_keep_each_others_changes(tmp_path: Path) -> None:
    root = newsletter(tmp_path)

    def add_words(number: int) -> None:
        editing = Editing(root, patience=60)
        for count in range(15):
            change = SetMember(name="topics", word=f"W{number}-{count}", present=True)
            editing.change(ADA, ENTRY, change, now=NOW)

    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                add_words(number)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    topics = field_value((root / ENTRY).read_text(), "topics", FileKind.ENTRY)
    assert isinstance(topics, tuple)
    added = {f"W{number}-{count}" for number in range(3) for count in range(15)}
    assert set(topics) == {"Railways", "Cities"} | added
