"""The words of the mails to members of staff."""

from dataclasses import dataclass

from newsletter.domain.staff import LINK_LASTS, StaffMember

_MINUTES = int(LINK_LASTS.total_seconds() // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLetter:
    """A mail in plain text to a member of staff. ``subject`` comes after the newsletter's name."""

    address: str
    subject: str
    text: str


def link_letter(member: StaffMember, link: str) -> StaffLetter:
    """Return the mail with a link that signs its member in."""
    text = (
        f"Hello {member.name},\n\n"
        f"Open this link in the browser where you asked for it, and press the button there:\n\n    {link}\n\n"
        f"It works once, within {_MINUTES} minutes. You then set up a passkey, and sign in with it from then on.\n\n"
        "If you didn't ask for the link, ignore this mail: nobody can use it from another browser.\n"
    )
    return StaffLetter(address=member.address, subject="Your link to sign in", text=text)


def invitation_letter(member: StaffMember, by: str, origin: str) -> StaffLetter:
    """Return the mail that invites somebody. It contains no secret: they ask for a link on the page."""
    article = "an" if member.role[0] in "aeiou" else "a"
    text = (
        f"Hello {member.name},\n\n"
        f"{by} has added you to the newsletter's team as {article} {member.role}.\n\n"
        f"Open the studio:\n\n    {origin}/sign-in\n\n"
        f"Enter your address there, {member.address}. You'll get a link by mail, and set up a passkey with it.\n"
    )
    return StaffLetter(address=member.address, subject="You’re on the team", text=text)


def new_key_letter(member: StaffMember, key: str, origin: str) -> StaffLetter:
    """Return the mail that tells a member of a new passkey, which somebody else may have set up."""
    text = (
        f"Hello {member.name},\n\n"
        f"A passkey was added to your account: {key}.\n\n"
        f"If that was you, there is nothing to do. If it wasn't, remove the passkey here:\n\n    {origin}/account\n\n"
        "Then change the password of your mailbox, and tell an admin.\n"
    )
    return StaffLetter(address=member.address, subject="A passkey was added to your account", text=text)
