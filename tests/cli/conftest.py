"""Fixtures for tests of the command line: a newsletter with readers, commands, a bounce mailbox and a sent issue."""

from tests.bounce_mailbox import maildir, sent  # noqa: F401  fixtures
from tests.command_line import _commands, _fresh, readers, root, run  # noqa: F401  fixtures
