"""Atomic writes, private files, the newsletter's folder, lines of TOML, and plain words for libraries' errors."""
