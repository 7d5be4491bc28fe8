"""Members of staff: invitations, links, passkeys, sessions and roles."""

from newsletter.staff.account import choose_summary, end_session, remove_key, rename_key, rename_self
from newsletter.staff.browsers import browser_words
from newsletter.staff.letters import StaffLetter, invitation_letter, new_key_letter
from newsletter.staff.limits import TooManySignInsError, admit_client, admit_link_request
from newsletter.staff.links import LinkRequest, UnusableLinkError, link_address, use_link
from newsletter.staff.mailing import StaffMailer
from newsletter.staff.passkeys import (
    PasskeyRefusedError,
    PasskeySite,
    confirm,
    confirmation_options,
    register,
    registration_options,
    sign_in,
    sign_in_options,
)
from newsletter.staff.secret_texts import hashed, new_secret
from newsletter.staff.team import (
    TeamMember,
    audit_entries,
    change_role,
    end_sessions,
    invite,
    invited,
    new_link,
    remove,
    team,
)
from newsletter.staff.visits import Visit, begin_session, find_visit, sign_out, sign_out_elsewhere

__all__ = [
    "LinkRequest",
    "PasskeyRefusedError",
    "PasskeySite",
    "StaffLetter",
    "StaffMailer",
    "TeamMember",
    "TooManySignInsError",
    "UnusableLinkError",
    "Visit",
    "admit_client",
    "admit_link_request",
    "audit_entries",
    "begin_session",
    "browser_words",
    "change_role",
    "choose_summary",
    "confirm",
    "confirmation_options",
    "end_session",
    "end_sessions",
    "find_visit",
    "hashed",
    "invitation_letter",
    "invite",
    "invited",
    "link_address",
    "new_key_letter",
    "new_link",
    "new_secret",
    "register",
    "registration_options",
    "remove",
    "remove_key",
    "rename_key",
    "rename_self",
    "sign_in",
    "sign_in_options",
    "sign_out",
    "sign_out_elsewhere",
    "team",
    "use_link",
]
