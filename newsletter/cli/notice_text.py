"""The words of notifications to the `[notify]` addresses, with the commands that help."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.notices import BounceHold, Notice, NoticeKind
from newsletter.domain.publication import Newsletter
from newsletter.domain.schedule import clock_time
from newsletter.domain.send import Send, SendStatus


def notice_message(
    notice: Notice, send: Send | None, newsletter: Newsletter, holds: Sequence[BounceHold], studio: str = ""
) -> tuple[str, str]:
    """Return the subject and the text of a notification. Times are in the newsletter's time zone.

    ``studio`` is the address of the team's studio, for links; without one, the text has commands only.
    """
    if notice.kind in (NoticeKind.APPROVAL, NoticeKind.OVERRIDE):
        return f"[{newsletter.name}] Issue {notice.issue} {_REVIEWED[notice.kind]}", _text_of_review(notice, studio)
    if notice.kind is NoticeKind.WEEKLY:
        return f"[{newsletter.name}] Your week", f"{notice.reason}\n{_charts(studio)}"
    if send is None:
        raise ValueError(f"a notice of the kind {notice.kind} is about a send")
    subject = f"[{newsletter.name}] Issue {send.issue} {_happened(notice, send)}"
    return subject, _text(notice, send, newsletter.zone, holds, studio)


_REVIEWED = {
    NoticeKind.APPROVAL: "isn't approved yet",
    NoticeKind.OVERRIDE: "goes out without an approval",
}


def _charts(studio: str) -> str:
    charts, account = _page(studio, "/reports?days=7"), _page(studio, "/account")
    return (
        f"With charts:\n\n    {charts or 'newsletter reports --html week.html --days 7'}\n\n"
        "You get this every Monday because you asked for it on your account's page in the studio"
        + (f":\n\n    {account}\n" if account else ".\n")
    )


def _page(studio: str, path: str) -> str:
    """Return the address of a page of the team's studio, or "" if there is none."""
    return f"{studio}{path}" if studio else ""


def _send_page(studio: str, issue: str) -> str:
    return _page(studio, f"/issues/{issue}/send")


def _text_of_review(notice: Notice, studio: str) -> str:
    paragraphs = [f"Issue {notice.issue} {_REVIEWED[notice.kind]}."]
    if notice.reason:
        paragraphs.append(f"Reason: {notice.reason}" if notice.kind is NoticeKind.OVERRIDE else notice.reason)
    if notice.kind is NoticeKind.APPROVAL:
        review = _page(studio, f"/issues/{notice.issue}/review")
        where = f"To review it:\n\n    {review}" if review else "Open the issue's review page in the studio."
        paragraphs.append(f"Nothing is sent without an approval. {where}")
    else:
        stop = _send_page(studio, notice.issue) or f"newsletter sends cancel {notice.issue}"
        paragraphs.append(f"To stop it:\n\n    {stop}")
    return "\n\n".join(paragraphs) + "\n"


def _text(notice: Notice, send: Send, zone: ZoneInfo, holds: Sequence[BounceHold], studio: str) -> str:

    def clock(moment: datetime) -> str:
        return clock_time(moment, zone)

    if notice.kind is NoticeKind.HELD:
        return _text_of_holds(holds, clock, _page(studio, f"/issues/{send.issue}/report"))
    paragraphs = [f"Issue {send.issue} {_happened(notice, send)}."]
    if notice.reason:
        paragraphs.append(f"Reason: {notice.reason}")
    if send.begins is not None:
        local = f", {send.local_time} in each reader's time zone" if send.local_time else ""
        scheduled = f"Scheduled for: {clock(send.begins)}{local}"
        paragraphs.append(f"{scheduled}\n{_moment_label(notice, send)}: {clock(notice.at)}")
    if send.recipients:
        lines = [f"Recipients: {send.recipients:,}"]
        lines += [f"  {status}: {send.counts[status]:,}" for status in DeliveryStatus if send.counts.get(status)]
        paragraphs.append("\n".join(lines))
    paragraphs.append(_next_step(notice, send, clock(_last_try(send)), studio))
    return "\n\n".join(paragraphs) + "\n"


def _moment_label(notice: Notice, send: Send) -> str:
    if notice.kind is NoticeKind.LATE:
        return "Paused" if _waits_for_a_person(send) else "Began"
    return notice.kind.capitalize()


def _happened(notice: Notice, send: Send) -> str:
    match notice.kind:
        case NoticeKind.LATE:
            return "is late and paused" if _waits_for_a_person(send) else "began late"
        case NoticeKind.PAUSED:
            return "is paused"
        case NoticeKind.FAILED:
            return "could not continue" if send.digest else "could not begin"
        case NoticeKind.FINISHED:
            return "has been sent, with failures" if send.status is SendStatus.FAILURES else "has been sent"
        case NoticeKind.HELD:
            return "has too many bounces: they are held"
        case NoticeKind.APPROVAL | NoticeKind.OVERRIDE:
            return _REVIEWED[notice.kind]
        case NoticeKind.WEEKLY:
            return "was part of your week"


def _text_of_holds(holds: Sequence[BounceHold], clock: Callable[[datetime], str], report: str) -> str:
    lines = [
        f"  {hold.scope or 'All domains'}: {hold.addresses:,}, since {clock(hold.first)}\n    {hold.reason}"
        for hold in holds
    ]
    where = f"To see the issue's bounces by reason:\n\n    {report}\n\nYou decide on the server.\n\n" if report else ""
    return (
        "Far more addresses than usual had hard bounces. The cause may be on our side (DNS, a blocklist, the relay),"
        " so no address is suppressed until you decide, and these addresses still get mail.\n\n"
        "Held bounces, with the most common reason:\n\n" + "\n".join(lines) + "\n\n"
        f"{where}To see the addresses:\n\n    newsletter suppressions held\n\n"
        "If the addresses are gone:\n\n    newsletter suppressions apply\n\n"
        "If the cause was on our side:\n\n    newsletter suppressions discard\n"
    )


def _next_step(notice: Notice, send: Send, last_try: str, studio: str) -> str:
    page = _send_page(studio, send.issue)
    if _waits_for_a_person(send):
        if page:
            return (
                f"Nothing more is sent until you decide. To resume or cancel it:\n\n    {page}\n\n"
                f"At the command line: newsletter sends resume {send.id}, or newsletter sends cancel {send.id}."
            )
        return (
            "Nothing more is sent until you decide. To resume it:\n\n"
            f"    newsletter sends resume {send.id}\n\n"
            f"To cancel it:\n\n    newsletter sends cancel {send.id}"
        )
    if notice.kind is NoticeKind.FAILED:
        correct = "" if send.digest else " If the reason is in a file or a setting, fix it."
        return f"The worker keeps trying until {last_try}.{correct} To see its status:\n\n{_show(send, page)}"
    if notice.kind is NoticeKind.FINISHED and send.status is not SendStatus.FAILURES:
        report = _page(studio, f"/issues/{send.issue}/report") or f"newsletter report {send.issue}"
        return f"To see the report:\n\n    {report}"
    has_failures = bool(page) and notice.kind is NoticeKind.FINISHED
    wanted = "the reasons, and to retry what failed" if has_failures else "its status"
    return f"To see {wanted}:\n\n{_show(send, page)}"


def _waits_for_a_person(send: Send) -> bool:
    return send.status is SendStatus.PAUSED


def _show(send: Send, page: str) -> str:
    return f"    {page or f'newsletter sends show {send.id}'}"


def _last_try(send: Send) -> datetime:
    since = send.failing_since if send.digest else send.begins
    return (since or send.created) + timedelta(seconds=send.deadline)
