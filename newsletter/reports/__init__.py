"""What came of an issue, as values and as a page."""
