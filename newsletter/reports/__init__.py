"""An issue's report, as values and as a page."""
