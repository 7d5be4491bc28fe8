"""Where inboxes cut a subject: on a phone, and on a desktop."""

from dataclasses import dataclass

PHONE = 40  # characters that mail clients on most phones show, held upright
DESKTOP = 70  # that the usual width of a desktop client's list shows


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRuler:
    """A subject cut where a phone and a desktop cut it: what both show, what only a desktop shows, and the rest.

    ``phone`` and ``desktop`` are the numbers of characters that they show.
    """

    everywhere: str
    desktop_only: str
    nowhere: str
    phone: int = PHONE
    desktop: int = DESKTOP

    @property
    def words(self) -> str:
        """Return what happens to it, in words."""
        length = len(self.everywhere) + len(self.desktop_only) + len(self.nowhere)
        counted = f"{length} character{'' if length == 1 else 's'}"
        if self.nowhere:
            return f"{counted}: phones cut it after {PHONE}, desktops after {DESKTOP}"
        if self.desktop_only:
            return f"{counted}: phones cut it after {PHONE}"
        return f"{counted}: fits everywhere"


def subject_ruler(subject: str) -> SubjectRuler:
    """Return a subject, as a reader gets it, with the places where it is cut."""
    return SubjectRuler(everywhere=subject[:PHONE], desktop_only=subject[PHONE:DESKTOP], nowhere=subject[DESKTOP:])
