"""Commits of single files, in every state that a repository can be in."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.git import (
    CommitOutcome,
    DetachedHeadError,
    LeftOutReason,
    Repository,
    UnfinishedOperationError,
    commit,
)
from tests.git.repositories import ADA, NOW, Checkout, checkout

FILES = {"newsletter.toml": 'name = "Lantern"\n', "a.md": "1\n2\n3\n", "b.md": "b\n", "c.md": "c\n"}


@pytest.fixture
def lantern(tmp_path: Path) -> Checkout:
    return checkout(tmp_path, files=FILES)


def committed(repository: Repository, *paths: str, hooks: bool = False) -> CommitOutcome:
    return commit(
        repository, paths, message="Edit Night train", author=ADA, now=NOW, hooks=hooks, wait=lambda _seconds: None
    )


def test_a_commit_has_the_editor_as_author_and_the_studio_as_committer(lantern: Checkout) -> None:
    lantern.write("a.md", "changed\n")
    outcome = committed(lantern.repository(), "a.md")
    assert outcome.sha == lantern.git("rev-parse", "HEAD")
    assert lantern.git("log", "-1", "--format=%an <%ae> %aI|%cn <%ce> %cI|%B").strip() == (
        "Ada Marsh <ada@lantern.example.org> 2026-11-29T07:41:00+00:00"
        "|Newsletter studio <studio@localhost> 2026-11-29T07:41:00+00:00|Edit Night train"
    )
    assert lantern.git("status", "--porcelain") == ""


def test_other_staged_files_stay_staged_byte_for_byte(lantern: Checkout) -> None:
    lantern.write("b.md", "staged\n")
    lantern.write("new.md", "staged too\n")
    lantern.git("add", "b.md", "new.md")
    lantern.git("rm", "--quiet", "--cached", "c.md")
    lantern.write("b.md", "staged, then changed\n")
    staged = lantern.staged
    lantern.write("a.md", "changed\n")
    committed(lantern.repository(), "a.md")
    assert lantern.git("show", "--format=", "--name-only", "HEAD") == "a.md"
    assert [line for line in lantern.staged.splitlines() if not line.endswith("\ta.md")] == [
        line for line in staged.splitlines() if not line.endswith("\ta.md")
    ]


def test_a_file_with_something_else_staged_is_left_out(lantern: Checkout) -> None:
    lantern.write("a.md", "staged\n")
    lantern.git("add", "a.md")
    lantern.write("a.md", "staged\nand more\n")
    lantern.write("b.md", "changed\n")
    staged = lantern.git("ls-files", "--stage", "a.md")
    outcome = committed(lantern.repository(), "a.md", "b.md")
    assert outcome.paths == ("b.md",)
    assert [(left.path, left.reason) for left in outcome.left_out] == [("a.md", LeftOutReason.STAGED)]
    assert lantern.git("ls-files", "--stage", "a.md") == staged
    assert lantern.git("show", "HEAD:a.md") == "1\n2\n3"


def test_a_file_that_is_staged_as_it_is_gets_committed(lantern: Checkout) -> None:
    lantern.write("a.md", "staged\n")
    lantern.git("add", "a.md")
    staged = lantern.staged
    assert committed(lantern.repository(), "a.md").paths == ("a.md",)
    assert lantern.staged == staged


def test_a_file_whose_removal_is_staged_is_left_out(lantern: Checkout) -> None:
    lantern.git("rm", "--quiet", "--cached", "a.md")
    lantern.write("a.md", "changed\n")
    outcome = committed(lantern.repository(), "a.md")
    assert (outcome.sha, [left.reason for left in outcome.left_out]) == (None, [LeftOutReason.STAGED])
    assert lantern.git("diff", "--cached", "--name-status") == "D\ta.md"


_CONTENTS = st.sampled_from([None, "1\n", "2\n", "3\n"])
_FILES = st.tuples(_CONTENTS, _CONTENTS, _CONTENTS)
"""A file in the last commit, in the index and in the working tree."""


@settings(max_examples=12)
@given(files=st.lists(_FILES, min_size=4, max_size=4), ours=st.sets(st.integers(0, 3), min_size=1))
def test_what_is_staged_stays_whatever_the_state(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str | None, ...]], ours: set[int]
) -> None:
    """Files of ours are committed as they are, or left out with what is staged in them; others don't change at all."""
    lantern = checkout(tmp_path_factory.mktemp("letters"), files={"newsletter.toml": ""})
    for column, stage in enumerate((("add", "--all"), ("add", "--all"), ())):
        for number, versions in enumerate(files):
            path = lantern.folder / f"{number}.md"
            path.unlink(missing_ok=True)
            content = versions[column]
            if content is not None:
                path.write_text(content)
        if stage:
            lantern.git(*stage)
        if column == 0:
            lantern.git("commit", "--quiet", "--allow-empty", "--message=Second")
    before = {line.split("\t")[1]: line for line in lantern.staged.splitlines()}
    outcome = committed(lantern.repository(), *(f"{number}.md" for number in ours))
    after = {line.split("\t")[1]: line for line in lantern.staged.splitlines()}
    left_out = {left.path for left in outcome.left_out}
    for number, (head, index, worktree) in enumerate(files):
        name = f"{number}.md"
        shown = lantern.git("show", f"HEAD:{name}", check=False)
        if number in ours and name not in left_out:
            assert shown == (worktree or "").removesuffix("\n")
        else:
            assert (after.get(name), shown) == (before.get(name), (head or "").removesuffix("\n"))
        if name in left_out:
            assert index not in (head, worktree)


def test_new_deleted_and_renamed_files(lantern: Checkout) -> None:
    lantern.write("issues/entries/new.md", "new\n")
    (lantern.folder / "b.md").unlink()
    (lantern.folder / "c.md").rename(lantern.folder / "d.md")
    outcome = committed(lantern.repository(), "issues/entries/new.md", "b.md", "c.md", "d.md")
    assert outcome.paths == ("b.md", "c.md", "d.md", "issues/entries/new.md")
    assert lantern.git("show", "--format=", "--name-status", "-M", "HEAD").splitlines() == [
        "D\tb.md",
        "R100\tc.md\td.md",
        "A\tissues/entries/new.md",
    ]
    assert lantern.git("status", "--porcelain") == ""


def test_a_renaming_that_the_user_has_staged(lantern: Checkout) -> None:
    lantern.git("mv", "b.md", "renamed.md")
    lantern.write("renamed.md", "b\nand more\n")
    outcome = committed(lantern.repository(), "renamed.md")
    assert (outcome.sha, [left.reason for left in outcome.left_out]) == (None, [LeftOutReason.STAGED])


def test_ignored_and_unchanged_files_make_no_commit(lantern: Checkout) -> None:
    lantern.write(".gitignore", "draft.md\n")
    lantern.write("draft.md", "draft\n")
    before = lantern.git("rev-parse", "HEAD")
    outcome = committed(lantern.repository(), "draft.md", "a.md", "never.md")
    assert (outcome.sha, [left.reason for left in outcome.left_out]) == (None, [LeftOutReason.IGNORED])
    assert lantern.git("rev-parse", "HEAD") == before


@pytest.mark.parametrize("name", ["ä ü.md", ":(glob)*.md", "-rf.md", "line\nbreak.md", '"quoted"\\.md', "* ?.md"])
def test_odd_names(lantern: Checkout, name: str) -> None:
    lantern.write(name, "new\n")
    lantern.write("b.md", "not ours\n")
    repository = lantern.repository()
    assert committed(repository, name).paths == (name,)
    lantern.write(name, "changed\n")
    assert committed(repository, name).paths == (name,)
    assert lantern.git("status", "--porcelain") == " M b.md"


def test_a_newsletter_in_a_subfolder(tmp_path: Path) -> None:
    lantern = checkout(tmp_path, files={f"letters/für/{path}": text for path, text in FILES.items()} | {"a.md": "top"})
    lantern.write("letters/für/a.md", "changed\n")
    lantern.write("letters/für/new.md", "new\n")
    lantern.write("a.md", "not ours\n")
    assert committed(lantern.repository("letters/für"), "a.md", "new.md").paths == ("a.md", "new.md")
    assert lantern.git("status", "--porcelain") == " M a.md"


def test_the_first_commit(tmp_path: Path) -> None:
    lantern = checkout(tmp_path)
    lantern.write("a.md", "first\n")
    lantern.write("b.md", "not ours\n")
    assert committed(lantern.repository(), "a.md").sha == lantern.git("rev-parse", "main")
    assert lantern.git("ls-files") == "a.md"


def test_a_linked_worktree_and_a_submodule(tmp_path: Path, lantern: Checkout) -> None:
    lantern.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Checkout(tmp_path / "home", tmp_path / "side")
    side.write("a.md", "changed\n")
    assert committed(side.repository(), "a.md").sha == lantern.git("rev-parse", "side")
    outer = checkout(tmp_path / "outer", files={"x": "x\n"})
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(lantern.folder), "inner")
    inner = Checkout(tmp_path / "outer/home", outer.folder / "inner")
    inner.write("a.md", "changed here\n")
    assert committed(inner.repository(), "a.md").sha == inner.git("rev-parse", "main")


def test_without_a_branch_nothing_is_committed(lantern: Checkout) -> None:
    lantern.git("checkout", "--quiet", "--detach")
    lantern.write("a.md", "changed\n")
    with pytest.raises(DetachedHeadError):
        committed(lantern.repository(), "a.md")


def test_during_a_merge_nothing_is_committed(lantern: Checkout) -> None:
    lantern.git("checkout", "--quiet", "-b", "side")
    lantern.write("a.md", "theirs\n")
    lantern.git("commit", "--quiet", "--all", "--message=Theirs")
    lantern.git("checkout", "--quiet", "main")
    lantern.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    with pytest.raises(UnfinishedOperationError, match="a merge is not finished"):
        committed(lantern.repository(), "a.md")
