"""The files of a theme, and their places in messages."""

import traceback
from pathlib import Path

from newsletter.errors import Place


class ThemeFiles:
    """A theme's files: those in its own folder, and the default theme's for all that it lacks."""

    def __init__(self, root: Path, own: Path | None, default: Path) -> None:
        self.root = root
        self.folders = tuple(folder for folder in (own, default) if folder is not None)

    @property
    def place(self) -> Place:
        """The theme's folder, as a place for findings about the theme as a whole."""
        return Place(path=self.shown("issue.mjml").rpartition("/")[0])

    def path(self, name: str) -> Path:
        """Return the path of the theme's own file, or else of the default theme's."""
        return next(file for folder in self.folders if (file := folder / name).is_file())

    def shown(self, name: str) -> str:
        """Return a file's path for messages: relative to the newsletter's root, or that of the packaged default."""
        path = self.path(name)
        return (
            path.relative_to(self.root).as_posix()
            if path.is_relative_to(self.root)
            else f"templates/email/default/{name}"
        )

    def place_of(self, err: BaseException, name: str) -> Place:
        """Return the innermost line of a template that an exception passed through."""
        place = Place(path=self.shown(name))
        for frame in traceback.extract_tb(err.__traceback__):
            for folder in self.folders:
                if Path(frame.filename).is_relative_to(folder):
                    place = Place(
                        path=self.shown(Path(frame.filename).relative_to(folder).as_posix()), line=frame.lineno
                    )
        return place
