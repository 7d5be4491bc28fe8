"""A newsletter whose content is all in Hebrew or Arabic letters, and every page and mail that its readers can get.

No Latin letter is content, so any that is left on a page is a word that nobody translated, or an address.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from newsletter import settings
from newsletter.content import read_manuscripts
from newsletter.domain.consent import SERVICE
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import welcome_email
from newsletter.tokens import Purpose, TicketPurpose
from newsletter.web.public.address_change import Refusal
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.public.public_pages import Public, hidden, link_in, public
from tests.web.sent_issues import freeze_as_sent

ISSUE, EARLIER = "2026-11-23", "2026-10-22"
_TOML = """\
name = "{name}"
language = "{language}"
from = "{name} <editors@news.example.org>"
postal_address = "{name}, {street} 7"
base_url = "https://news.example.org"
description = "{text}"
frequency = "{title}"
weekly_digest = true

[counting]
clicks = "individual"

[topics.railways]
name = "{rails}"

[topics.soil]
name = "{soil}"
parent = "railways"
"""
WORDS = {
    "he": {
        "name": "הבוקר שלנו",
        "street": "רחוב הים",
        "rails": "רכבות",
        "soil": "אדמה",
        "title": "רכבת הלילה חוזרת",
        "text": "לוח זמנים ישן מלמד אותנו איך נסעו פעם, ומי נשאר ברציף.",
        "source": "כתב העת",
        "answer": "כן",
    },
    "ar": {
        "name": "صباحنا",
        "street": "شارع البحر",
        "rails": "قطارات",
        "soil": "تربة",
        "title": "عودة قطار الليل",
        "text": "يعلمنا جدول مواعيد قديم كيف كان الناس يسافرون، ومن بقي على الرصيف.",
        "source": "المجلة",
        "answer": "نعم",
    },
}


def write_newsletter_in(root: Path, language: str) -> None:
    """Write a newsletter in Hebrew or Arabic with two issues, which have blocks and entries of every kind."""
    words = WORDS[language]
    (root / "issues/entries").mkdir(parents=True)
    (root / "newsletter.toml").write_text(_TOML.format(language=language, **words), encoding="utf-8")
    folder = NewsletterFolder(root=root)
    title, text, source = words["title"], words["text"], words["source"]
    slugs = [f"entry-{number}" for number in range(22)]  # two pages of a topic
    for number, slug in enumerate(slugs):
        kind = {"kind": "audio", "minutes": 7, "paywall": True} if number == 1 else {}
        gift = {"kind": "video", "gift": "https://example.org/gift"} if number == 2 else {}
        body = f"{text}\n\n> {text}\n"
        topics = ["Railways" if number else "Soil"]
        folder.entry(
            slug, body=body, title=f"{title} {number}", source=source, author=source, topics=topics, **kind, **gift
        )
    texts = {"subject": title, "preheader": text}
    folder.issue(EARLIER, *slugs[3:], note=f"{text}\n", number=6, **texts)
    corrections = [
        {"date": "2026-11-24", "text": text, "entry": "entry-1"},
        {"date": "2026-11-25", "text": text},
    ]
    blocks = [
        {"note": text},
        {"quote": text, "who": source, "where": title},
        {"sponsor": source, "text": text, "url": "https://example.org/sponsor"},
        {"links": [{"title": title, "url": "https://example.org/listed", "source": source}], "title": title},
    ]
    sections = [{"title": title, "entries": slugs[:2]}, {"title": title, "entries": [slugs[2], *blocks]}]
    note = f"{text} [{words['answer']}]({{{{ links.vote('{words['answer']}') }}}})\n"
    folder.issue(ISSUE, entries=None, sections=sections, corrections=corrections, note=note, **texts)


@contextmanager
def newsletter_in(root: Path, language: str) -> Iterator[Public]:
    """Run the pages of a newsletter in Hebrew or Arabic, with two issues sent to two readers."""
    write_newsletter_in(root, language)
    with public(root, newsletter=settings.load(root).newsletter) as pages:
        for name in ("ada", "ben"):
            pages.reader(f"{name}@example.com", topics=("railways",), excludes=("soil",))
        for slug in (EARLIER, ISSUE):
            freeze_as_sent(pages, slug)
        yield pages


def _reader(pages: Public, name: str) -> Subscriber:
    reader = pages.store.subscribers.get(f"{name}@example.com")
    assert reader is not None, name
    return reader


class EveryPage:
    """A visitor of all pages, in all states: ``pages`` has their HTML by name, and ``mails`` all service mails."""

    def __init__(self, pages: Public) -> None:
        self.pages: dict[str, str] = {}
        self.mails: dict[str, str] = {}
        self._public, self._client = pages, pages.client()
        with self._client:
            self._archive()
            self._errors()
            self._sign_up()
            self._settings()
            self._address_change()
            self._unsubscribe()
            self._vote()
            self._expired()

    def _get(self, name: str, path: str, /) -> str:
        return self._keep(name, self._client.get(path).text)

    def _post(self, name: str, path: str, /, **fields: str) -> str:
        return self._keep(name, self._client.post(path, data=fields).text)

    def _keep(self, name: str, html: str) -> str:
        assert name not in self.pages
        self.pages[name] = html
        return html

    def _mail(self, name: str, address: str) -> str:
        """Keep the service mail to an address, and return the path of its link."""
        mail = next(mail for mail in self._public.mails() if mail["To"] == address)
        contents = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
        self.mails[name] = "\n".join((str(mail["Subject"]), *contents))
        return link_in(mail)

    def _archive(self) -> None:
        for name, path in (
            ("front", "/"),
            ("issue", f"/issues/{ISSUE}/"),
            ("earlier issue", f"/issues/{EARLIER}/"),
            ("month", "/months/2026-11/"),
            ("topics", "/topics/"),
            ("topic", "/topics/railways/"),
            ("more of a topic", "/topics/railways/2/"),
            ("subtopic", "/topics/soil/"),
            ("search", "/search"),
            ("nothing found", "/search?q=99999"),
        ):
            self._get(name, path)
        for name, path in (("feed", "/feed.json"), ("feed of a topic", "/topics/railways/feed.json")):
            feed = self._client.get(path).json()
            items = [item.get(part, "") for item in feed["items"] for part in ("title", "summary", "content_html")]
            self._keep(name, "\n".join((feed["title"], *items)))
        word = self._public.site.newsletter.topics.resolve("railways").name
        self._get("found", f"/search?q={self._public.site.newsletter.name.split()[0]}")
        self._get("found a topic", f"/search?q={word}")
        self._get("browser", self._public.link(Purpose.BROWSER, _reader(self._public, "ada"), ISSUE))

    def _errors(self) -> None:
        for status in (400, 404, 405, 408, 413, 422, 429, 500, 503):
            self._keep(f"error {status}", self._public.site.pages.own.render("error", status=status))
        self._get("help", "/help")

    def _sign_up(self) -> None:
        pages = self._public
        self._get("subscribe", "/subscribe")
        self._post("subscribe, wrong", "/subscribe", address="x", name="www.example.com")
        self._post("subscribe, long", "/subscribe", address="x@", name="x" * 90)
        self._post("subscribe, once more", "/subscribe", address="cy@example.com")
        opened = hidden(self._client.get("/subscribe").text, "opened")
        pages.clock.move(seconds=5)
        self._post("sent", "/subscribe", address="cy@example.com", opened=opened, topic="soil", frequency="weekly")
        confirm = self._mail("confirm", "cy@example.com")
        self._get("confirm", confirm)
        self._post("confirm, wrong", confirm, name="www.example.com")
        self._post("confirmed", confirm, name="")
        newsletter, theme = pages.site.newsletter, pages.mailer.theme
        issue = read_manuscripts(pages.root).issue(ISSUE)
        links = pages.site.signer.links(newsletter.base_url, SERVICE)(_reader(pages, "cy").key)
        welcome = welcome_email(issue, links, newsletter, theme)
        parts = (fill_text(welcome.subject, {}), fill_html(welcome.html, links), fill_text(welcome.text, links))
        self.mails["welcome"] = "\n".join(parts)
        self._get("confirmed before", confirm)
        self._post("subscribe, known", "/subscribe", address="ada@example.com", opened=opened)
        self._mail("known", "ada@example.com")

    def _settings(self) -> None:
        pages, ada = self._public, _reader(self._public, "ada")
        self._get("link", "/preferences")
        self._post("link, wrong", "/preferences", address="x")
        self._post("link sent", "/preferences", address="ada@example.com")
        own = self._mail("visit", "ada@example.com")
        footer = pages.link(Purpose.PREFERENCES, ada)
        self._get("preferences", own)
        self._get("preferences from a message", footer)
        self._post("preferences, saved", own, topic="soil", paused_until="2026-12-24", name="")
        for number, date in enumerate(("24.12.2026", "2026-02-31", "2001-01-01")):
            self._post(f"preferences, wrong {number}", own, paused_until=date, name="a@b")
        self._post("address, wrong", f"{own}/address", address="x")
        self._post("erase, unsure", f"{own}/erase")
        self._post("link asked for", f"{footer}/link")

    def _address_change(self) -> None:
        pages, ada = self._public, _reader(self._public, "ada")
        never = "never@example.com"
        pages.store.suppressions.add(never, SuppressionReason.MANUAL, pages.clock())
        own = pages.visit(ada)
        moves = {}
        for address in ("new@example.com", "ben@example.com"):
            self._client.post(f"{own}/address", data={"address": address})
            moves[address] = self._mail(f"move {address}", address)
        self._get("move", moves["new@example.com"])
        self._post("move, taken", moves["ben@example.com"])
        self._post("moved", moves["new@example.com"])
        undo = self._mail("moved", "ada@example.com")
        self._get("undo", undo)
        self._post("undone", undo)
        self._mail("undone", "new@example.com")
        self._get("undone before", undo)
        for done in ("moved", "undone"):
            for wrong in Refusal:
                self._keep(f"{done}, {wrong}", pages.site.pages.own.render(done, wrong=wrong))

    def _unsubscribe(self) -> None:
        pages, ben = self._public, _reader(self._public, "ben")
        leave = pages.link(Purpose.UNSUBSCRIBE, ben)
        self._get("unsubscribe", leave)
        self._post("paused", f"{leave}/fewer", how="pause")
        self._post("weekly", f"{leave}/fewer", how="weekly")
        left = self._post("unsubscribed", leave, by="page")
        self._post("one click", leave)
        self._get("unsubscribed before", leave)
        reason = re.search(r'name="reason" value="([^"]*)"', left)
        self._post(
            "unsubscribed, why", f"{leave}/reason", reason=reason[1] if reason else "", undo=hidden(left, "undo")
        )
        self._post("returned", f"{leave}/undo", undo=hidden(left, "undo"))
        pages.clock.move(hours=2)
        self._post("undone too late", f"{leave}/undo", undo=hidden(left, "undo"))
        self._post("unsubscribed again", leave, by="page")
        self._get("preferences, unsubscribed", pages.visit(ben))
        self._post("erased", f"{pages.visit(ben)}/erase", sure="yes")
        self._get("no subscription", pages.visit(ben))

    def _vote(self) -> None:
        pages, ada = self._public, _reader(self._public, "ada")
        answer = f'links.vote("{WORDS[pages.site.newsletter.language]["answer"]}")'
        path = pages.site.signer.links("", ISSUE, votes=[answer])(ada.key)[answer]
        proof = pages.site.signer.links("", f"{ISSUE}-proof", votes=[answer])(ada.key)[answer]
        self._get("vote", path)
        self._get("vote from a proof", proof)
        pages.store.self_service.save_preferences(ada.key, replace(ada, uncounted=True), pages.clock())
        self._get("vote, untracked", path)
        self._post("voted", path)
        pages.clock.move(days=60)
        self._get("vote, closed", path)

    def _expired(self) -> None:
        pages, signer = self._public, self._public.site.signer
        opened = hidden(self._client.get("/subscribe").text, "opened")
        pages.clock.move(seconds=5)
        self._client.post("/subscribe", data={"address": "late@example.com", "opened": opened})
        confirm = next(link_in(mail) for mail in pages.mails() if mail["To"] == "late@example.com")
        visit = f"/my/{signer.ticket(TicketPurpose.VISIT, _reader(pages, 'ada').key, pages.clock())}"
        pages.clock.move(days=20)
        self._get("confirm, expired", confirm)
        self._get("visit, expired", visit)
        self._post("confirm again", f"{confirm}/again")
        self._keep("expired", pages.site.pages.own.render("expired", again=""))
