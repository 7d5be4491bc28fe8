"""Plan, start, resume and cancel a send; run scheduled sends; mail proofs and notifications; rehearse."""

from newsletter.sending.cancel import cancel, refuse_if_over
from newsletter.sending.context import Post, proof
from newsletter.sending.edition_overview import Overview, overview
from newsletter.sending.event_log import Journal, open_journal
from newsletter.sending.notifications import notify
from newsletter.sending.observer import Watch
from newsletter.sending.plan import Plan, plan
from newsletter.sending.rehearsal import rehearse
from newsletter.sending.runner import begin, carry_on, resume, start, stay
from newsletter.sending.stop_signals import requests
from newsletter.sending.worker import Hands, look_after

__all__ = [
    "Hands",
    "Journal",
    "Overview",
    "Plan",
    "Post",
    "Watch",
    "begin",
    "cancel",
    "carry_on",
    "look_after",
    "notify",
    "open_journal",
    "overview",
    "plan",
    "proof",
    "refuse_if_over",
    "rehearse",
    "requests",
    "resume",
    "start",
    "stay",
]
