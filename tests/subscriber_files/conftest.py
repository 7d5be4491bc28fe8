"""Fixtures for tests of subscriber files: a newsletter with readers and its command line."""

from tests.command_line import _commands, _fresh, readers, root, run  # noqa: F401  fixtures
