"""Saved files, told to every page that is open: watchfiles in, Server-Sent Events out.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from newsletter.web.preview.source_files import FILES, FOLDERS

STEP_MS = 20  # quiet time after which a save counts as finished
LONGEST_MS = 200  # a rain of saves (a branch switched, say) is told at least this often
KEEP_ALIVE_S = 15


class Changes:
    """Counts what was saved under ``root`` while ``watch`` runs; ``events`` tells it to one page.

    A revision names a state of the files within one start of the preview: a page that shows another is out of date.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._start = secrets.token_hex(4)
        self._count = 0
        self._closed = False
        self._told = asyncio.Condition()
        self._folders_changed = asyncio.Event()

    @property
    def revision(self) -> str:
        """The files' present state."""
        return f"{self._start}-{self._count}"

    async def watch(self) -> None:
        """Watch until cancelled: the root's own files and the folders apart, since what else lies there is not ours."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_root())
            tasks.create_task(self._watch_folders())

    async def events(self) -> AsyncIterator[str]:
        """The revision at once and after each change, as a stream of events; a comment keeps a quiet stream open."""
        told = ""
        yield "retry: 500\n\n"
        while not self._closed:
            if told != self.revision:
                told = self.revision
                yield f"event: revision\ndata: {told}\n\n"
            elif not await self._changed_since(told):
                yield ": still here\n\n"

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        async with self._told:
            self._told.notify_all()

    async def _changed_since(self, revision: str) -> bool:
        try:
            async with asyncio.timeout(KEEP_ALIVE_S), self._told:
                await self._told.wait_for(lambda: self._closed or self.revision != revision)
        except TimeoutError:
            return False
        return True

    async def _tell(self) -> None:
        async with self._told:
            self._count += 1
            self._told.notify_all()

    async def _watch_root(self) -> None:
        def is_ours(_change: Change, path: str) -> bool:
            return Path(path).parent == self._root and Path(path).name in (*FOLDERS, *FILES)

        # The folder, not the file: an editor that saves by renaming would take a watched file away.
        async for changes in awatch(
            self._root, watch_filter=is_ours, recursive=False, step=STEP_MS, debounce=LONGEST_MS
        ):
            if any(Path(path).name in FOLDERS for _, path in changes):
                self._folders_changed.set()
            await self._tell()

    async def _watch_folders(self) -> None:
        while True:
            self._folders_changed.clear()
            folders = [self._root / name for name in FOLDERS if (self._root / name).is_dir()]
            if not folders:
                await self._folders_changed.wait()
                continue
            async for _ in awatch(
                *folders,
                watch_filter=DefaultFilter(),
                step=STEP_MS,
                debounce=LONGEST_MS,
                stop_event=self._folders_changed,
            ):
                await self._tell()
