"""The web applications: the editor's preview, and the public pages for readers."""
