"""Import of readers from CSV files and other platforms' exports, and their export as CSV (docs/subscribers.md)."""

from newsletter.subscriber_files.columns import quoted
from newsletter.subscriber_files.csv_format import CsvFormat, OwnFormat
from newsletter.subscriber_files.exporting import export_csv
from newsletter.subscriber_files.importing import ImportProgress, ImportReport, import_readers
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.subscriber_files.platform_formats import PlatformFormat
from newsletter.subscriber_files.reader import RejectedRow
from newsletter.subscriber_files.rejected_rows import RejectedRowFiles, rejected_row_files
from newsletter.subscriber_files.suppressions import SuppressionImport, export_suppressions, import_suppressions

__all__ = [
    "CsvFormat",
    "ImportProgress",
    "ImportReport",
    "OwnFormat",
    "PlatformFormat",
    "RejectedRow",
    "RejectedRowFiles",
    "SubscriberFileError",
    "SuppressionImport",
    "export_csv",
    "export_suppressions",
    "import_readers",
    "import_suppressions",
    "quoted",
    "rejected_row_files",
]
