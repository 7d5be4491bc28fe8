"""The review page, and comments on entries and issues."""
