"""Readers as files: imported into the store, a platform's too, and exported from it (docs/subscribers.md)."""

from newsletter.subscriber_files.cells import quoted
from newsletter.subscriber_files.exporting import export_csv
from newsletter.subscriber_files.exports import ExportForm
from newsletter.subscriber_files.forms import Form, OwnForm
from newsletter.subscriber_files.importing import ImportReport, Progress, import_readers
from newsletter.subscriber_files.reading import Refusal
from newsletter.subscriber_files.refusals import RefusalFiles, refusals_files
from newsletter.subscriber_files.sources import SubscriberFileError
from newsletter.subscriber_files.suppressions import SuppressionFile, export_suppressions

__all__ = [
    "ExportForm",
    "Form",
    "ImportReport",
    "OwnForm",
    "Progress",
    "Refusal",
    "RefusalFiles",
    "SubscriberFileError",
    "SuppressionFile",
    "export_csv",
    "export_suppressions",
    "import_readers",
    "quoted",
    "refusals_files",
]
