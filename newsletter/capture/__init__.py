"""Capture a link: read a page's title, author, date and text, and find out whether it has already run."""
