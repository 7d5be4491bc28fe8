"""The studio: catch links, edit entries and compose issues in a browser."""
