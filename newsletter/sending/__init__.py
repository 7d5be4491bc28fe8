"""An issue's way to its audience: plan it, start it, go on with it after an interruption; and proofs to the editor."""

from newsletter.sending.begin import begin, carry_on, resume, start, stay
from newsletter.sending.cancelling import cancel, refuse_if_over
from newsletter.sending.editions import Overview, overview
from newsletter.sending.interrupts import requests
from newsletter.sending.journal import Journal, open_journal
from newsletter.sending.notifying import notify
from newsletter.sending.plan import Plan, plan
from newsletter.sending.post import Post, proof
from newsletter.sending.rehearsing import rehearse
from newsletter.sending.watch import Watch
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
