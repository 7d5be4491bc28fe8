"""Readers as CSV files: imported into the store, exported from it, each the other's inverse (docs/subscribers.md)."""

from newsletter.subscriber_files.cells import quoted
from newsletter.subscriber_files.exporting import export_csv
from newsletter.subscriber_files.importing import ImportReport, Progress, import_csv
from newsletter.subscriber_files.reading import Refusal, SubscriberFileError
from newsletter.subscriber_files.refusals import refusals_file

__all__ = [
    "ImportReport",
    "Progress",
    "Refusal",
    "SubscriberFileError",
    "export_csv",
    "import_csv",
    "quoted",
    "refusals_file",
]
