"""Readers, looked after by members of staff: found, added, edited, suppressed, erased, imported and exported."""
