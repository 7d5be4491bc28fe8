"""Pages that a browser shows: the preview of an editor's issues, on this computer only."""
