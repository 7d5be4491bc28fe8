"""Import of readers from CSV files and other platforms' exports, and their export as CSV (docs/subscribers.md)."""

from newsletter.subscriber_files.columns import FIELDS, IGNORED, VERBATIM, quoted
from newsletter.subscriber_files.csv_format import CsvFormat, OwnFormat
from newsletter.subscriber_files.exporting import export_lines
from newsletter.subscriber_files.file_encodings import FileEncoding, guessed_encoding
from newsletter.subscriber_files.importing import ImportProgress, ImportReport, import_readers
from newsletter.subscriber_files.input_files import SubscriberFileError
from newsletter.subscriber_files.platform_formats import PlatformFormat
from newsletter.subscriber_files.platforms import PLATFORMS
from newsletter.subscriber_files.reader import RejectedRow
from newsletter.subscriber_files.rejected_rows import RejectedRowFiles, rejected_row_files
from newsletter.subscriber_files.samples import SampleColumn, guessed_platform, sample_columns
from newsletter.subscriber_files.suppressions import SuppressionImport, export_suppressions, import_suppressions

__all__ = [
    "FIELDS",
    "IGNORED",
    "PLATFORMS",
    "VERBATIM",
    "CsvFormat",
    "FileEncoding",
    "ImportProgress",
    "ImportReport",
    "OwnFormat",
    "PlatformFormat",
    "RejectedRow",
    "RejectedRowFiles",
    "SampleColumn",
    "SubscriberFileError",
    "SuppressionImport",
    "export_lines",
    "export_suppressions",
    "guessed_encoding",
    "guessed_platform",
    "import_readers",
    "import_suppressions",
    "quoted",
    "rejected_row_files",
    "sample_columns",
]
