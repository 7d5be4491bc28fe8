"""The files of a theme, and their places in messages."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import Place

BASE_SEPARATOR = ":"  # in the name of a base theme's file


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeFolder:
    """A folder ``templates/email/<name>``, which is the newsletter's ``own`` or comes with the program."""

    name: str
    path: Path
    own: bool

    def shown(self, file: str) -> str:
        """Return the path of a file in it, for messages."""
        return f"templates/email/{self.name}/{file}"

    def files(self) -> Iterator[str]:
        """Yield the names of its files, such as ``entry.mjml`` and ``service/base.html``, in alphabetical order."""
        paths = sorted(path for path in self.path.rglob("*") if path.is_file() and not path.name.startswith("."))
        return (path.relative_to(self.path).as_posix() for path in paths)


class ThemeFiles:
    """A theme's files: those in its folder, and for all that it lacks, those of its base, of the base's base and so on.

    ``chain`` has the folders in this order.
    """

    def __init__(self, root: Path, chain: Sequence[ThemeFolder]) -> None:
        self.root = root
        self.chain = tuple(chain)
        self.folders = tuple(folder.path for folder in self.chain)

    @property
    def place(self) -> Place:
        """The theme's folder, as a place for findings about the theme as a whole."""
        return Place(path=self.chain[0].shown("").rstrip("/"))

    def has(self, name: str) -> bool:
        """Return whether a folder has a file of that name."""
        return any((folder / name).is_file() for folder in self.folders)

    def path(self, name: str) -> Path:
        """Return the path of the first file of that name, or of that in a base: ``default:style.css``."""
        return self.folder_of(name).path / name.rpartition(BASE_SEPARATOR)[2]

    def shown(self, name: str) -> str:
        """Return a file's path for messages."""
        return self.folder_of(name).shown(name.rpartition(BASE_SEPARATOR)[2])

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, in alphabetical order."""
        return tuple(sorted({name for folder in self.chain for name in folder.files()}))

    def below(self, folder: ThemeFolder) -> "ThemeFiles":
        """Return the files that a folder in the chain replaces: those of the folders behind it."""
        return ThemeFiles(self.root, self.chain[self.chain.index(folder) + 1 :])

    def place_of(self, err: BaseException, name: str) -> Place:
        """Return the innermost line of a template that an exception passed through."""
        place = Place(path=self.shown(name))
        for frame in traceback.extract_tb(err.__traceback__):
            for folder in self.chain:
                path = Path(frame.filename)
                if path.is_relative_to(folder.path):
                    place = Place(path=folder.shown(path.relative_to(folder.path).as_posix()), line=frame.lineno)
        return place

    def folder_of(self, name: str) -> ThemeFolder:
        """Return the first folder that has a file of that name; from a base on, if the name begins with the base's."""
        base, _, file = name.rpartition(BASE_SEPARATOR)
        start = max((at for at, folder in enumerate(self.chain) if folder.name == base), default=0)
        return next(folder for folder in self.chain[start:] if (folder.path / file).is_file())
