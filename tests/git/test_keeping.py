"""Keeping the files of a send in git, whatever state the repository is in."""

import shutil
from pathlib import Path

import pytest

from newsletter.git import GitBusyError, GitError, KeptFiles, Repository, VersionNotFoundError, keep_files, kept_files
from tests.git.repositories import NOW, Checkout, checkout
from tests.git.test_hostile_repositories import runs, trap  # noqa: F401  a fixture

REF = "refs/newsletter/sent/2026-11-23"
FILES = {"newsletter.toml": "name = 'Lantern'\n", "issues/a.md": "a\n", "issues/b.md": "b\n", "other.txt": "o\n"}
SENT = {"newsletter.toml": b"name = 'Lantern'\n", "issues/a.md": b"a\n"}


@pytest.fixture
def lantern(tmp_path: Path) -> Checkout:
    """A repository with a newsletter."""
    return checkout(tmp_path, files=FILES)


def keep(repository: Repository, contents: dict[str, bytes] | None = None) -> KeptFiles:
    return keep_files(repository, contents or SENT, reference=REF, message="Send issue 2026-11-23", now=NOW)


def state(lantern: Checkout) -> tuple[object, ...]:
    """Everything that keeping files must not change: the index, all references but its own, the files, the settings."""
    git = Path(lantern.git("rev-parse", "--absolute-git-dir"))
    files = (path for path in lantern.folder.rglob("*") if path.is_file() and git not in path.parents)
    working = {path: path.read_bytes() for path in files}
    index = (git / "index").read_bytes() if (git / "index").exists() else b""
    references = [line for line in lantern.git("for-each-ref").splitlines() if "refs/newsletter/" not in line]
    kept = sorted(path.name for path in git.iterdir())
    return index, references, (git / "HEAD").read_text(), (git / "config").read_bytes(), working, kept


def test_committed_files_need_no_commit_of_their_own(lantern: Checkout) -> None:
    before = state(lantern)
    kept = keep(lantern.repository())
    head = lantern.git("rev-parse", "HEAD")
    assert (kept.head, kept.kept, kept.changed) == (head, head, ())
    assert kept.tree == lantern.git("rev-parse", "HEAD^{tree}")
    assert kept.blobs["issues/a.md"] == lantern.git("rev-parse", "HEAD:issues/a.md")
    assert lantern.git("rev-parse", REF) == head
    assert state(lantern) == before


def test_changed_and_untracked_files_are_kept_beside_the_branch(lantern: Checkout) -> None:
    lantern.write("issues/a.md", "changed\n")
    lantern.write("issues/new.md", "new\n")
    lantern.write("issues/b.md", "staged\n")
    lantern.git("add", "issues/b.md")
    lantern.write(".gitignore", "issues/new.md\n")
    before = state(lantern)
    sent = SENT | {"issues/a.md": b"changed\n", "issues/new.md": b"new\n"}
    kept = keep(lantern.repository(), sent)
    assert state(lantern) == before
    assert kept.changed == ("issues/a.md", "issues/new.md")
    assert lantern.git("rev-parse", f"{kept.kept}^") == kept.head == lantern.git("rev-parse", "HEAD")
    assert lantern.git("show", f"{kept.kept}:issues/new.md") == "new"
    assert lantern.git("show", f"{kept.kept}:issues/b.md") == "b"  # what is only staged wasn't sent
    assert lantern.git("show", f"{kept.kept}:other.txt") == "o"
    lantern.git("gc", "--quiet", "--prune=now")
    assert kept_files(lantern.repository(), kept.kept, kept.blobs) == sent


def test_a_second_send_loses_nothing(lantern: Checkout) -> None:
    first = keep(lantern.repository(), SENT | {"issues/a.md": b"first\n"})
    second = keep(lantern.repository(), SENT | {"issues/a.md": b"second\n"})
    again = keep(lantern.repository())
    lantern.git("gc", "--quiet", "--prune=now")
    for kept, text in ((first, b"first\n"), (second, b"second\n"), (again, b"a\n")):
        assert kept_files(lantern.repository(), kept.kept, kept.blobs)["issues/a.md"] == text


def test_a_repository_without_commits_keeps_files_too(tmp_path: Path) -> None:
    empty = checkout(tmp_path)
    empty.write("newsletter.toml", "")
    before = state(empty)
    kept = keep(empty.repository())
    assert (kept.head, kept.changed) == ("", tuple(SENT))
    assert kept_files(empty.repository(), kept.kept, kept.blobs) == SENT
    assert state(empty) == before


def test_a_newsletter_in_a_subfolder_keeps_its_own_paths(tmp_path: Path) -> None:
    lantern = checkout(tmp_path, files={f"site/letters/{path}": text for path, text in FILES.items()})
    repository = lantern.repository("site/letters")
    kept = keep(repository, SENT | {"issues/a.md": b"changed\n"})
    assert (repository.prefix, kept.changed) == ("site/letters/", ("issues/a.md",))
    assert lantern.git("show", f"{kept.kept}:site/letters/issues/a.md") == "changed"
    assert kept_files(repository, kept.kept, kept.blobs)["issues/a.md"] == b"changed\n"


def test_a_second_working_tree_keeps_files_for_all(lantern: Checkout, tmp_path: Path) -> None:
    lantern.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    tree = Checkout(tmp_path / "home", tmp_path / "tree")
    kept = keep(tree.repository(), SENT | {"issues/a.md": b"there\n"})
    assert lantern.git("rev-parse", REF) == kept.kept
    assert kept_files(lantern.repository(), kept.kept, kept.blobs)["issues/a.md"] == b"there\n"


def test_a_shallow_clone_and_one_without_files_keep_them(lantern: Checkout, tmp_path: Path) -> None:
    lantern.git("commit", "--quiet", "--allow-empty", "--message=Second")
    lantern.git("config", "uploadpack.allowFilter", "true")
    for number, options in enumerate((["--depth=1"], ["--filter=blob:none", "--no-checkout"])):
        folder = tmp_path / f"clone{number}"
        lantern.git("clone", "--quiet", *options, f"file://{lantern.folder}", str(folder))
        clone = Checkout(tmp_path / "home", folder)
        clone.write("newsletter.toml", FILES["newsletter.toml"])
        sent = SENT | {"issues/a.md": b"changed\n"}
        kept = keep(clone.repository(), sent)
        assert kept.changed == ("issues/a.md",)
        assert kept_files(clone.repository(), kept.kept, kept.blobs) == sent


def test_a_newsletter_in_a_submodule_and_a_theme_in_one(lantern: Checkout, tmp_path: Path) -> None:
    theme = Checkout(tmp_path / "home", tmp_path / "theme")
    theme.git("init", "--quiet")
    theme.write("style.css", "p {}\n")
    theme.git("add", "--all")
    theme.git("commit", "--quiet", "--message=Theme")
    allowed = ("-c", "protocol.file.allow=always")
    lantern.git(*allowed, "submodule", "--quiet", "add", str(theme.folder), "templates")
    lantern.git("commit", "--quiet", "--message=Theme")
    before = state(lantern)
    sent = SENT | {"templates/style.css": b"p {}\n"}
    kept = keep(lantern.repository(), sent)
    assert kept.changed == ("templates/style.css",)
    assert kept_files(lantern.repository(), kept.kept, kept.blobs) == sent
    assert state(lantern) == before
    outer = checkout(tmp_path / "outer", files={"a.txt": "a\n"})
    outer.git(*allowed, "submodule", "--quiet", "add", str(lantern.folder), "letters")
    inner = Checkout(tmp_path / "outer/home", outer.folder / "letters")
    kept = keep(inner.repository(), SENT)
    assert kept_files(inner.repository(), kept.kept, kept.blobs) == SENT
    assert outer.git("for-each-ref", "refs/newsletter/") == ""


def test_links_are_kept_as_what_they_lead_to(lantern: Checkout) -> None:
    shutil.move(lantern.folder / "issues", lantern.folder / "texts")
    (lantern.folder / "issues").symlink_to("texts")
    lantern.git("add", "--all")
    lantern.git("commit", "--quiet", "--message=Link")
    kept = keep(lantern.repository())
    assert kept_files(lantern.repository(), kept.kept, kept.blobs) == SENT


def test_converted_line_ends_are_no_change_but_are_kept(lantern: Checkout) -> None:
    lantern.write(".gitattributes", "*.md text eol=crlf\n")
    (lantern.folder / "issues/a.md").write_bytes(b"a\r\n")
    kept = keep(lantern.repository(), SENT | {"issues/a.md": b"a\r\n"})
    assert kept.changed == ()
    assert kept_files(lantern.repository(), kept.kept, kept.blobs)["issues/a.md"] == b"a\r\n"


def test_git_is_used_as_it_is_set_up(lantern: Checkout) -> None:
    for name, value in {"core.splitIndex": "true", "core.untrackedCache": "true", "commit.gpgSign": "true"}.items():
        lantern.set_global(name, value)
    lantern.git("merge", "--quiet", "--no-commit", "HEAD")
    before = state(lantern)
    keep(lantern.repository(), SENT | {"issues/a.md": b"changed\n"})
    assert state(lantern) == before


def test_no_program_of_a_hostile_repository_runs(trap: Checkout) -> None:  # noqa: F811  the fixture
    sent = {"newsletter.toml": b"", "a.md": b"changed\n", "new.md": b"new\n"}
    trap.write("a.md", "changed\n")
    kept = keep(trap.repository(), sent)
    assert kept_files(trap.repository(), kept.kept, kept.blobs) == sent
    assert runs(trap) == []


def test_a_lock_and_lost_objects_are_errors(lantern: Checkout) -> None:
    lock = lantern.write(f".git/{REF}.lock", "")
    with pytest.raises(GitBusyError):
        keep(lantern.repository())
    lock.unlink()
    for folder in (lantern.folder / ".git/objects").glob("??"):
        shutil.rmtree(folder)
    with pytest.raises(GitError):
        keep(lantern.repository())


def test_a_commit_that_is_missing_or_another_is_not_read(lantern: Checkout) -> None:
    kept = keep(lantern.repository(), SENT | {"issues/a.md": b"changed\n"})
    with pytest.raises(VersionNotFoundError, match="is not in this git repository"):
        kept_files(lantern.repository(), "1" * 40, kept.blobs)
    with pytest.raises(VersionNotFoundError, match=r"has another issues/a\.md"):
        kept_files(lantern.repository(), kept.head, kept.blobs)
    with pytest.raises(VersionNotFoundError, match=r"has another \.\./a\.md"):
        kept_files(lantern.repository(), kept.kept, {"../a.md": kept.blobs["issues/a.md"]})
