"""The editor's preview, on this computer only."""
