"""Errors located by line, private files, and plain words for the errors of libraries and the system."""
