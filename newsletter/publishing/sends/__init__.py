"""Sends: what is checked and compared before one, its start, its control, and what it was made from."""
