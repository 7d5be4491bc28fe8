"""Plan, start, resume and cancel a send; run scheduled sends; mail proofs and notifications; rehearse."""

from newsletter.sending.cancel import cancel, refuse_if_over
from newsletter.sending.context import SendContext
from newsletter.sending.edition_overview import EditionOverview, summarize_editions
from newsletter.sending.event_log import EventLog, open_event_log
from newsletter.sending.freezing import FreezeRequest
from newsletter.sending.notifications import WriteNotice, notify
from newsletter.sending.observer import Observer
from newsletter.sending.outcome import Finished, SendOutcome, Stopped, WaitUntil
from newsletter.sending.plan import Plan, plan
from newsletter.sending.proof import send_proof
from newsletter.sending.rehearsal import rehearse
from newsletter.sending.resuming import resume, resume_running
from newsletter.sending.runner import start, start_planned
from newsletter.sending.second_send import refusals_in_zone
from newsletter.sending.stop_signals import StopRequests, stop_requests
from newsletter.sending.waiting import wait_until_ended
from newsletter.sending.worker import WorkerCallbacks, run_due_sends

__all__ = [
    "EditionOverview",
    "EventLog",
    "Finished",
    "FreezeRequest",
    "Observer",
    "Plan",
    "SendContext",
    "SendOutcome",
    "StopRequests",
    "Stopped",
    "WaitUntil",
    "WorkerCallbacks",
    "WriteNotice",
    "cancel",
    "notify",
    "open_event_log",
    "plan",
    "refusals_in_zone",
    "refuse_if_over",
    "rehearse",
    "resume",
    "resume_running",
    "run_due_sends",
    "send_proof",
    "start",
    "start_planned",
    "stop_requests",
    "summarize_editions",
    "wait_until_ended",
]
