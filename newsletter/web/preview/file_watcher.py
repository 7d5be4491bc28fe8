"""Notify open pages of saved files: watchfiles in, Server-Sent Events out.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch
from watchfiles.main import FileChange

from newsletter.web.preview.source_files import FILES, FOLDERS

QUIET_MS = 20  # a save counts as finished after that long without another
NOTIFY_WITHIN_MS = 200  # during a burst of saves (such as a changed branch), notify at least this often
KEEP_ALIVE_S = 15
_MOST_PUBLISHED = 100  # events that a slow stream can still get


class FileWatcher:
    """A watcher that counts saves under ``root`` while ``watch`` runs, and streams them to pages with ``events``.

    A revision identifies a state of the files since the preview started; a page with another revision is out of date.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._start = secrets.token_hex(4)
        self._count = 0
        self._closed = False
        self._condition = asyncio.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._published: deque[tuple[int, str]] = deque(maxlen=_MOST_PUBLISHED)
        self._last_published = 0
        self._folders_changed = asyncio.Event()

    @property
    def revision(self) -> str:
        """Return the files' current revision."""
        return f"{self._start}-{self._count}"

    @property
    def is_closed(self) -> bool:
        """Return whether the server stops, so that every stream should end."""
        return self._closed

    async def watch(self) -> None:
        """Watch until cancelled. The root's files and the folders are watched apart, to ignore the rest."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_root())
            tasks.create_task(self._watch_folders())

    async def events(self) -> AsyncIterator[str]:
        """Stream the revision at once and after each change, and what is published; a comment keeps the stream open."""
        last_sent, last_published = "", self._last_published
        yield "retry: 500\n\n"
        while not self._closed:
            if last_sent != self.revision:
                last_sent = self.revision
                yield f"event: revision\ndata: {last_sent}\n\n"
            elif last_published != self._last_published:
                newer = [text for number, text in self._published if number > last_published]
                last_published = self._last_published
                yield "".join(newer)
            elif not await self._changed_since(last_sent, last_published):
                yield ": still here\n\n"

    def publish(self, event: str, data: Mapping[str, object]) -> None:
        """Send an event to all open pages, with JSON as its data. Any thread may call this."""
        text = f"event: {event}\ndata: {json.dumps(data)}\n\n"
        if self._loop is not None and not self._closed:
            asyncio.run_coroutine_threadsafe(self._add(text), self._loop)

    async def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        async with self._condition:
            self._condition.notify_all()

    async def _add(self, text: str) -> None:
        async with self._condition:
            self._last_published += 1
            self._published.append((self._last_published, text))
            self._condition.notify_all()

    async def _changed_since(self, revision: str, published: int) -> bool:
        def changed() -> bool:
            return self._closed or self.revision != revision or self._last_published != published

        try:
            async with asyncio.timeout(KEEP_ALIVE_S), self._condition:
                await self._condition.wait_for(changed)
        except TimeoutError:
            return False
        return True

    async def _notify(self) -> None:
        async with self._condition:
            self._count += 1
            self._condition.notify_all()

    async def _watch_root(self) -> None:
        def is_ours(_change: Change, path: str) -> bool:
            return Path(path).parent == self._root and Path(path).name in (*FOLDERS, *FILES)

        # Watch the folder, not the file: editors that save by renaming replace a watched file.
        async for changes in _saves(self._root, watch_filter=is_ours, recursive=False):
            if any(Path(path).name in FOLDERS for _, path in changes):
                self._folders_changed.set()
            await self._notify()

    async def _watch_folders(self) -> None:
        while True:
            self._folders_changed.clear()
            folders = [self._root / name for name in FOLDERS if (self._root / name).is_dir()]
            if not folders:
                await self._folders_changed.wait()
                continue
            async for _ in _saves(*folders, watch_filter=DefaultFilter(), stop_event=self._folders_changed):
                await self._notify()


async def _saves(
    *folders: Path,
    watch_filter: Callable[[Change, str], bool],
    recursive: bool = True,
    stop_event: asyncio.Event | None = None,
) -> AsyncIterator[set[FileChange]]:
    """Yield the changes of each burst of saves, until ``stop_event``.

    A change of a file whose name isn't UTF-8 ends watchfiles, so it counts as an unknown change (an empty set), and
    the watch starts again.
    """
    while True:
        watch = awatch(
            *folders,
            watch_filter=watch_filter,
            recursive=recursive,
            step=QUIET_MS,
            debounce=NOTIFY_WITHIN_MS,
            stop_event=stop_event,
        )
        failed = False
        try:
            async for changes in watch:
                yield changes
        except* RuntimeError:
            failed = True
        if not failed:
            return
        await asyncio.sleep(NOTIFY_WITHIN_MS / 1000)
        yield set()
