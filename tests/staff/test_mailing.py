"""Mail to the staff in a thread: what can't be sent is reported without addresses, and ends nothing."""

from newsletter.domain.people import Role
from newsletter.errors import ProviderError
from newsletter.staff import LinkRequest, StaffLetter, StaffMailer, hashed
from newsletter.store import Store
from tests.make import WHEN

ADA = "ada@example.org"
ORIGIN = "https://studio.example.org"


def letter(text: str) -> StaffLetter:
    return StaffLetter(address=ADA, subject="Words", text=text)


def test_a_letter_that_cannot_be_sent_is_reported_and_the_next_one_goes_out(store: Store) -> None:
    sent: list[str] = []
    log: list[str] = []

    def deliver(mail: StaffLetter) -> None:
        if mail.text == "refused":
            raise ProviderError(f"550 <{ADA.upper()}> is not known here")
        if mail.text == "broken":
            raise KeyError(ADA)
        sent.append(mail.text)

    mailer = StaffMailer(store=store, origin=ORIGIN, deliver=deliver, log=log.append)
    mailer.start()
    for text in ("first", "refused", "broken", "last"):
        mailer.send(letter(text))
    mailer.stop()
    assert sent == ["first", "last"]
    assert log == [
        "mail to the staff can't be sent: 550 <…> is not known here",
        "mail to the staff can't be sent: KeyError",
    ]


def test_only_a_member_gets_a_link_and_only_its_browser_can_use_it(store: Store) -> None:
    sent: list[StaffLetter] = []
    log: list[str] = []
    member = store.staff.add(ADA, name="Ada", role=Role.ADMIN, by="", now=WHEN)
    mailer = StaffMailer(store=store, origin=ORIGIN, deliver=sent.append, log=log.append)
    for address in ("nobody@example.org", ADA):
        mailer.request_link(LinkRequest(address=address, browser=hashed("browser"), at=WHEN))
    mailer.start()
    mailer.stop()
    (mail,) = sent
    assert log == []
    assert mail.address == ADA
    link = next(word for word in mail.text.split() if word.startswith(f"{ORIGIN}/sign-in/link/"))
    secret = link.rpartition("/")[2]
    assert store.sign_in_links.use(hashed(secret), hashed("another"), WHEN) is None
    assert store.sign_in_links.use(hashed(secret), hashed("browser"), WHEN) == member.id


def test_a_flood_of_letters_is_dropped_rather_than_kept(store: Store) -> None:
    log: list[str] = []
    mailer = StaffMailer(store=store, origin=ORIGIN, deliver=lambda _mail: None, log=log.append)
    for number in range(203):
        mailer.send(letter(str(number)))
    assert log == ["too much mail to the staff waits: one was dropped"] * 3
