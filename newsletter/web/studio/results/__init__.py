"""The studio's pages of results: an issue's report, and the report over time."""
