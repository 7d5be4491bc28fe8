"""Do once what takes long the first time, when this module is imported.

The process that children are forked from imports it, and so do the tests of sends before the first one.
"""

import gc
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.__main__ import collect_rarely
from newsletter.domain.delivery import Uncertainty
from tests import statement_cache  # noqa: F401  it listens: children inherit the compiled statements
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

collect_rarely()
gc.collect()
gc.freeze()  # a send's garbage collection covers only its own objects, and a child copies no pages for it
