"""The files of imports below ``.newsletter``: each upload with what is known of it, readable only by their owner."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import NotFoundError
from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import CACHE, make_cache_folder
from newsletter.files.private_files import open_privately
from newsletter.publishing.readers.import_state import ImportState, state_from_json, state_to_json

KEPT = timedelta(days=1)
_STATE, _REFUSED, _FILE = "import.json", "refused.csv", "file"


class ImportGoneError(NotFoundError):
    """An import whose file was deleted: it is over, or a day has passed."""

    code = "import-gone"

    def __init__(self) -> None:
        hint = "choose the file again; readers who are already stored don't change"
        super().__init__("this import is no longer here", hint=hint)


class Upload:
    """A file that is being uploaded, in a folder of its own."""

    def __init__(self, id_: str, folder: Path) -> None:
        self.id = id_
        self._path = folder / "upload"
        descriptor = open(self._path, "wb", opener=open_privately)  # noqa: SIM115  closed by `close`
        self._file: BinaryIO = descriptor

    def write(self, piece: bytes) -> None:
        """Write the next piece. Raise OSError."""
        self._file.write(piece)

    def finish(self, name: str) -> Path:
        """Give the file its name and return its path."""
        self._file.close()
        return self._path.rename(self._path.with_name(name))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ImportFolder:
    """The folder with a newsletter's imports."""

    def __init__(self, root: Path) -> None:
        self._folder = root / CACHE / "imports"

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Yield an upload to write a file into; it is deleted again after an error."""
        id_ = secrets.token_hex(8)
        own = self._folder / id_
        make_cache_folder(own / _FILE)
        for private in (self._folder, own):
            private.chmod(0o700)
        upload = Upload(id_, own / _FILE)
        try:
            yield upload
        except BaseException:
            shutil.rmtree(own, ignore_errors=True)
            raise
        finally:
            upload.close()

    def ids(self) -> list[str]:
        """Return the ids of all imports."""
        return [folder.name for folder in self._folder.iterdir()] if self._folder.is_dir() else []

    def file(self, state: ImportState) -> Path:
        """Return the path of the uploaded file."""
        return self._folder / state.id / _FILE / state.file

    def refused(self, state: ImportState) -> Path:
        """Return the path of the file of refused rows."""
        return self._folder / state.id / _REFUSED

    def keep(self, state: ImportState) -> None:
        """Write what is known of an import. Raise OSError."""
        content = json.dumps(state_to_json(state), ensure_ascii=False).encode()
        write_file(self._folder / state.id / _STATE, content, private=True)

    def read(self, id_: str) -> ImportState:
        """Return what was kept of an import. Raise ImportGoneError."""
        if not (id_.isascii() and id_.isalnum()):
            raise ImportGoneError()
        try:
            raw = json.loads((self._folder / id_ / _STATE).read_text(encoding="utf-8"))
            state = replace(state_from_json(raw), id=id_)
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise ImportGoneError() from err
        return replace(state, has_file=self.file(state).is_file())

    def delete(self, id_: str) -> None:
        """Delete an import's files."""
        shutil.rmtree(self._folder / id_, ignore_errors=True)

    def is_old(self, id_: str, now: datetime) -> bool:
        """Return whether an import was uploaded more than a day ago."""
        try:
            return self.read(id_).at < now - KEPT
        except ImportGoneError:  # an upload that was cut off by a crash
            return (self._folder / id_).stat().st_mtime < (now - KEPT).timestamp()
