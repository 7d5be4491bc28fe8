"""Edit the newsletter's files: one change at a time, under one lock, without losing what anyone else has written."""
