"""Imported by the process that children are forked from: what takes a while the first time, it has done already."""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.delivery import Uncertainty
from tests.sending.kills import Via, prepare, send, ses, smtp
from tests.sending.receiving import receiver
from tests.ses_stub import ses_stub


def _send(via: Via) -> None:
    with TemporaryDirectory() as folder:
        database = Path(folder) / "newsletter.db"
        prepare(database, 1)
        send(f"sqlite:///{database}", via, Uncertainty.RESEND)


with receiver() as relay, ses_stub() as stub:
    _send(smtp(relay.port))
    _send(ses(stub.url))
    relay.settle()

gc.collect()
gc.freeze()  # children look for garbage among their own objects only, and copy no pages of this process for it
