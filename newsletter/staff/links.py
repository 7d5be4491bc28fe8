"""Links that sign a member in once: mailed to those who ask for one, or printed where mail can't go."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.staff import StaffMember, StaffStep
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.staff.letters import StaffLetter, link_letter
from newsletter.staff.secret_texts import hashed, new_secret
from newsletter.staff.visits import begin_session
from newsletter.store import Store


class UnusableLinkError(NewsletterError):
    """A link that is unknown, used, too old or of another browser: the answer doesn't say which."""

    code = "sign-in-link"

    def __init__(self) -> None:
        super().__init__(
            "this link doesn’t work",
            hint="a link works once, for 15 minutes, in the browser that asked for it; ask for a new one",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequest:
    """A request for a link to an address, which needn't be a member's, from a browser; ``browser`` is its hash."""

    address: str
    browser: str
    at: datetime


def link_address(origin: str, secret: str) -> str:
    """Return the address of a link."""
    return f"{origin}/sign-in/link/{secret}"


def requested_letter(store: Store, request: LinkRequest, origin: str) -> StaffLetter | None:
    """Make a link for the member who asked, and return the letter with it; None if the address is no member's."""
    member = store.staff.of_address(request.address)
    if member is None:
        return None
    secret = new_secret()
    store.sign_in_links.add(hashed(secret), member.id, request.at, browser=request.browser)
    return link_letter(member, link_address(origin, secret))


def use_link(
    store: Store, secret: str, *, browser: str, replaces: str, client: str, now: datetime
) -> tuple[StaffMember, str]:
    """Use a link up, and return its member and the secret of a new session, which may only register a passkey.

    ``browser`` is the secret of the browser's cookie, and ``replaces`` that of its earlier session. Raise
    UnusableLinkError.
    """
    number = store.sign_in_links.use(hashed(secret), hashed(browser), now)
    if number is None:
        raise UnusableLinkError()
    try:
        member = store.staff.get(number)
    except NotFoundError as err:
        raise UnusableLinkError() from err
    detail = {"client": client, "by": "link"}
    store.audit.add(member.person(), StaffStep.SIGNED_IN, f"person {member.address}", now=now, detail=detail)
    return member, begin_session(store, member, by_link=True, client=client, now=now, replaces=replaces)
