"""Open what a studio with accounts needs: its database, its secret and the mail to its staff."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter import bootstrap, settings
from newsletter.publishing.staff_mail import deliver_letter
from newsletter.staff import StaffLetter, StaffMailer
from newsletter.web.studio.sign_in.hosting import Hosting


@contextmanager
def open_hosting(root: Path, origin: str, log: Callable[[str], object]) -> Iterator[Hosting]:
    """Open what the studio at an origin needs, and close it at the end. Raise SettingsError, StoreError.

    ``log`` is called with errors, without addresses.
    """
    read = settings.load(root)
    signer = bootstrap.open_signer()

    def deliver(letter: StaffLetter) -> None:
        deliver_letter(settings.load(root), letter, datetime.now(UTC))

    with bootstrap.open_store(read) as store:
        mailer = StaffMailer(store=store, origin=origin, deliver=deliver, log=log)
        yield Hosting(origin=origin, store=store, signer=signer, mailer=mailer, proxies=read.proxies)
