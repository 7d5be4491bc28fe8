"""Reviews of issues: events, comments, ticked findings, and who has changed which file."""
