"""Read and write manuscripts: entry files, issue files and printed picks. docs/file-formats.md describes them."""

from newsletter.content.files import conflict_findings
from newsletter.content.picks_import import PrintedPick, read_picks, read_picks_file
from newsletter.content.reading import Manuscripts, manuscript_states, read_manuscripts
from newsletter.content.writing import ImportedPick, NewIssue, import_pick, import_picks, new_entry, new_issue

__all__ = [
    "ImportedPick",
    "Manuscripts",
    "NewIssue",
    "PrintedPick",
    "conflict_findings",
    "import_pick",
    "import_picks",
    "manuscript_states",
    "new_entry",
    "new_issue",
    "read_manuscripts",
    "read_picks",
    "read_picks_file",
]
