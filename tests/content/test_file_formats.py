"""The program reads the examples in docs/file-formats.md, docs/blocks.md and docs/languages.md."""

import re
from itertools import chain
from pathlib import Path

from newsletter.content import blocks, entries, import_pick, issues, read_manuscripts, read_picks
from newsletter.domain.issue import Otherwise, PassageKind, TailoringFields
from tests.content.editor_files import put, put_entries

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("file-formats", "blocks", "languages")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def examples(language: str, name: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page(name), re.DOTALL | re.MULTILINE)


def test_the_documented_files_are_read_without_findings(tmp_path: Path) -> None:
    entry, issue, sectioned, tailored, digest = examples("markdown", "file-formats")
    links, own_links, poll = examples("markdown", "blocks")
    put(tmp_path, "entries/night-train.md", entry)
    put(tmp_path, "blocks/also-seen.md", links)
    put_entries(tmp_path, "spoonful-of-soil", "tired-bridge", "old-map")
    put(tmp_path, "2026-11-23.md", issue + own_links + poll)
    (correction,), (in_list,), (language,) = (examples("yaml", name) for name in PAGES)
    put(tmp_path, "2026-11-24.md", sectioned.replace("overrides:", f"{correction}overrides:"))
    put(tmp_path, "2026-11-25.md", tailored.replace("number:", f"{language}number:"))
    put(tmp_path, "2026-11-26.md", f"---\ndate: 2026-11-26\nsubject: All kinds\n{in_list}---\n")
    put(tmp_path, "digest-2026-11-29.md", digest)
    manuscripts = read_manuscripts(tmp_path)
    assert manuscripts.findings == ()
    assert [passage.kind for passage in manuscripts.entries["night-train"].passages] == [
        PassageKind.FRAMING,
        PassageKind.QUOTATION,
    ]
    assert [len(issue.entries) for issue in manuscripts.issues] == [2, 2, 4, 2, 4]
    assert manuscripts.issues[2].tailored == TailoringFields(
        always=True, minimum=2, maximum=3, otherwise=Otherwise.SKIP
    )
    assert [issue.language for issue in manuscripts.issues] == ["", "", "de", "", ""]
    assert [issue.digest for issue in manuscripts.issues] == [False, False, False, False, True]
    assert manuscripts.issue(manuscripts.issues[2].slug) == manuscripts.issues[2]
    assert manuscripts.issues[1].entries[0].title == "The night train, once more"
    every_kind = manuscripts.issues[3].blocks
    assert [block.kind for block in every_kind] == [*("note", "links", "quote", "sponsor", "image", "links")]
    assert every_kind[1] == manuscripts.blocks["also-seen"]
    assert [len(block.links) for block in every_kind] == [0, 3, 0, 0, 0, 2]
    assert [change.entry for change in manuscripts.issues[1].corrections] == ["night-train"]


def test_the_documented_picks_are_imported(tmp_path: Path) -> None:
    _, example = examples("text", "file-formats")
    (pick,) = read_picks(example, path="page")
    assert (len(pick.framing), len(pick.quotation), len(pick.topics)) == (1, 3, 3)
    import_pick(tmp_path, pick, url="https://example.org/ledger")
    assert read_manuscripts(tmp_path).findings == ()


def test_every_field_is_documented() -> None:
    pages = "".join(map(page, PAGES))
    for name in {*entries.FIELDS, *entries.OVERRIDES, *issues.FIELDS, *chain(*blocks.FIELDS.values())}:
        assert f"`{name}`" in pages
