"""A mailbox on an IMAP server (RFC 3501) that supports the commands of `newsletter bounces`."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PASSWORD = "not-to-be-printed"


@dataclass(slots=True)
class ImapMailbox:
    """A mailbox with messages by number, added by a test, and the flags of each."""

    port: int = 0
    messages: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)

    def put(self, message: bytes) -> int:
        """Add a message and return its number."""
        number = len(self.messages) + 1
        self.messages[number], self.flags[number] = message, set()
        return number


class _Session(socketserver.StreamRequestHandler):
    box: ImapMailbox

    def handle(self) -> None:
        self._say("* OK here")
        for line in self.rfile:
            tag, _, command = line.decode().rstrip("\r\n").partition(" ")
            verdict = self._do(command)
            self._say(f"{tag} {verdict}")
            if command == "LOGOUT":
                return

    def _do(self, command: str) -> str:
        box = self.box
        if command == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif command.startswith("LOGIN"):
            return "OK done" if command == f'LOGIN bounces "{PASSWORD}"' else "NO wrong password"
        elif command.startswith("SELECT"):
            if command != 'SELECT "INBOX/Bounces"':
                return "NO no such folder"
            self._say(f"* {len(box.messages)} EXISTS")
        elif command == "UID SEARCH UNSEEN UNFLAGGED":
            numbers = [number for number, flags in box.flags.items() if not flags & {"\\Seen", "\\Flagged"}]
            self._say(" ".join(["* SEARCH", *map(str, numbers)]))
        elif fetched := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]\)", command):
            message = box.messages[int(fetched[1])]
            self.wfile.write(f"* {fetched[1]} FETCH (UID {fetched[1]} BODY[] {{{len(message)}}}\r\n".encode())
            self.wfile.write(message + b")\r\n")
        elif stored := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \((\\\w+)\)", command):
            box.flags[int(stored[1])].add(stored[2])
        else:
            return "BAD command"
        return "OK done"

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def imap_server() -> Iterator[ImapMailbox]:
    """Start a server on a free port of 127.0.0.1, with the folder INBOX/Bounces of the user bounces."""
    box = ImapMailbox()
    session = type("Session", (_Session,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join(10)
