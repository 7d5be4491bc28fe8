"""Members of staff: invitations, links, passkeys, sessions and roles."""

from newsletter.staff.secret_texts import hashed, new_secret
from newsletter.staff.visits import Visit, begin_session, find_visit, sign_out, sign_out_elsewhere

__all__ = ["Visit", "begin_session", "find_visit", "hashed", "new_secret", "sign_out", "sign_out_elsewhere"]
