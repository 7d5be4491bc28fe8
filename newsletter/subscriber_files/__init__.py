"""Import of readers from CSV files and other platforms' exports, and their export as CSV (docs/subscribers.md)."""

from newsletter.subscriber_files.columns import quoted
from newsletter.subscriber_files.csv_format import CsvFormat, OwnForm
from newsletter.subscriber_files.exporting import export_csv
from newsletter.subscriber_files.importing import ImportReport, Progress, import_readers
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.subscriber_files.platform_formats import ExportForm
from newsletter.subscriber_files.reader import RejectedRow
from newsletter.subscriber_files.rejected_rows import RefusalFiles, refusals_files
from newsletter.subscriber_files.suppressions import SuppressionFile, export_suppressions

__all__ = [
    "CsvFormat",
    "ExportForm",
    "ImportReport",
    "OwnForm",
    "Progress",
    "RefusalFiles",
    "RejectedRow",
    "SubscriberFileError",
    "SuppressionFile",
    "export_csv",
    "export_suppressions",
    "import_readers",
    "quoted",
    "refusals_files",
]
