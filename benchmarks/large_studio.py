"""A newsletter with a million readers, a team and a past, for benchmarks of the studio. Measures nothing by itself."""

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks import check_newsletter
from benchmarks.freeze import compiled, issue
from benchmarks.long_history import NUMBERS
from newsletter.domain.people import Role
from newsletter.domain.search_keys import search_key
from newsletter.staff import begin_session
from newsletter.store import open_store

READERS, ENTRIES, TOPICS, SEGMENTS, SENDS, MEMBERS, AUDIT = 1_000_000, 1_000, 100, 100, 100, 30, 100_000
CACHE = Path(__file__).parents[1] / ".bench"  # git ignores it
FIRST, LAST = ("Ada", "Odile", "Jörn", "Thảo", "Lucía"), ("Lovelace", "Ferrant", "Müller", "Lương", "Ordóñez", "Stern")
_SETTINGS = 'attributes = ["city", "plan"]\ntime_zone = "Europe/Berlin"\n'
_COUNTING = '[counting]\nclicks = "individual"\n'
_RULES = (
    'any = ["topic-{a}", "topic-{b}"]',
    'all = ["topic-{a}"]\nnone = ["topic-{b}"]',
    "where = 'language = \"de\" and joined within {a} days'",
    'where = \'attribute.plan = "pro" or frequency = "weekly"\'',
    'any = ["topic-{a}"]\nwhere = \'language != "de"\'',
    "where = 'clicked \"Topic {a}\" within 90 days'",
    'none = ["topic-{a}", "topic-{b}"]',
    'where = \'joined >= 2025-06-01 and attribute.city in ("Ulm", "Graz")\'',
)
_CHOOSE = {
    "first": (FIRST, "n"),
    "last": (LAST, "n / 5"),
    "first_key": (tuple(map(search_key, FIRST)), "n"),
    "last_key": (tuple(map(search_key, LAST)), "n / 5"),
    "city": (("Ulm", "Graz", "Bern", ""), "n / 3"),
    "plan": (("pro", "free", "free"), "n / 11"),
    "language": (("en", "de", "de-AT", ""), "n / 7"),
    "host": (("gmail.com", "gmx.de", "outlook.com", "example.com"), "n"),
}
_PROGRESS = """CASE WHEN id >= {count} / 2 THEN 'queued' WHEN id % 200 = 1 THEN 'skipped'
  WHEN id % 500 = 2 THEN 'refused' WHEN id % 300 = 3 THEN 'deferred' WHEN id % 50000 = 4 THEN 'uncertain'
  ELSE 'submitted' END"""
_FILL = """
INSERT INTO subscriber (id, key, address, address_key, first_name, last_name, name_key, last_name_key, status, language,
  frequency, attributes, created, changed)
SELECT n, printf('%032x', n), 'r' || n || '@' || {host}, 'r' || n || '@' || {host}, {first}, {last},
  {first_key} || ' ' || {last_key}, {last_key},
  CASE n % 20 WHEN 0 THEN 'unsubscribed' WHEN 1 THEN 'unconfirmed' ELSE 'confirmed' END, {language},
  CASE n % 9 WHEN 0 THEN 'weekly' ELSE 'each' END, '{{"city":"' || {city} || '","plan":"' || {plan} || '"}}',
  datetime('{now}', '-' || (n % 1095) || ' days') || '.000000', '{now}.000000' FROM {readers};
INSERT INTO subscriber_topic
SELECT n, 'topic-' || ((n * 7919 + part * 37) % {topics}), part = 2 AND n % 17 = 0
FROM {readers}, (SELECT 0 AS part UNION SELECT 1 UNION SELECT 2) WHERE n % 6 <> 0;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, created, 'asked', 'form', '', '' FROM subscriber;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, created, 'confirmed', 'link', '', '' FROM subscriber WHERE id % 20 <> 1;
INSERT INTO consent (subscriber, at, event, how, wording, issue)
SELECT id, datetime('{now}', '-' || (id % 300) || ' days') || '.000000', 'unsubscribed', 'one click', '', ''
FROM subscriber WHERE id % 20 = 0;
INSERT INTO suppression (address_key, reason, since, issue)
SELECT address_key, 'bounced',
  datetime('{now}', '-' || (CASE id % 500 WHEN 7 THEN 0 ELSE id % 300 END) || ' days') || '.000000', ''
FROM subscriber WHERE id % 100 = 7;
INSERT INTO confirmation (key, kind, address, address_key, subscriber, choices, how, wording, asked)
SELECT printf('%032x', n), 'sign-up', 'w' || n || '@example.org', 'w' || n || '@example.org', '',
  '{{"topics":[],"frequency":"each"}}', 'form', '', '{now}.000000' FROM {waiting};
INSERT INTO send (id, issue, status, provider, digest, content, date, segments, created, finished, left_out, counts)
SELECT n, date('2025-01-01', '+' || (n - 1) || ' days'), 'finished', 'smtp', 'x', '', '{now}.000000', '["everyone"]',
  datetime('{now}', '-' || (1 + {sends} - n) || ' days') || '.000000', '{now}.000000', 0, '{{"submitted":1000}}'
FROM {numbered_sends};
UPDATE send SET content = ?1 WHERE id > {sends} - 5;
UPDATE send SET issue = '{latest}', counts = '{{"submitted":{count}}}' WHERE id = {sends};
UPDATE send SET issue = '{under_way}', status = 'running', finished = NULL, counts = NULL, content = ?1,
  created = datetime('{now}', '-1 hours') || '.000000', resumed = datetime('{now}', '-1 hours') || '.000000'
WHERE id = {sends} - 1;
INSERT INTO send (issue, status, reason, provider, digest, content, date, segments, created, left_out, begins)
VALUES ('{scheduled}', 'scheduled', '', 'smtp', '', '', '{now}.000000', '["everyone"]', '{now}.000000', 0,
  datetime('{now}', '+2 days') || '.000000'),
  ('{held}', 'paused', 'The audience has changed.', 'smtp', '', '', '{now}.000000', '["everyone"]',
  '{now}.000000', 0, datetime('{now}', '+3 days') || '.000000');
INSERT INTO edition SELECT n, 1, '[0]', CASE WHEN n < {sends} - 1 THEN 1000 ELSE {count} END FROM {numbered_sends};
INSERT INTO link
SELECT {sends}, n, 'https://example.org/' || n, printf('entry-%04d', n), n, '["topic-' || n || '"]' FROM {links};
INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, outcome)
SELECT n, 1, id, 'submitted', '', '', 2 FROM {numbered_sends}, subscriber WHERE n < {sends} - 1 AND id <= 1000;
INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, outcome)
SELECT {sends} - 1, 1, id, {progress}, CASE {progress} WHEN 'refused' THEN '550 5.1.1 No such user'
  WHEN 'deferred' THEN '451 4.7.1 Greylisted, try again in ' || id % 30 || ' seconds' ELSE '' END, '', 0
FROM subscriber;
INSERT INTO delivery (send, edition, subscriber, status, detail, provider_id, outcome)
SELECT {sends}, 1, id, 'submitted', '', '', CASE id % 50 WHEN 0 THEN 16 ELSE 2 END FROM subscriber;
INSERT INTO response (send, link, at, machine, subscriber)
SELECT {sends}, 1 + id % 20, '{now}.000000', '', id FROM subscriber WHERE id % 3 = 0;
INSERT INTO person (id, handle, address, address_key, name, role, invited_at, invited_by, joined_at)
SELECT n, randomblob(32), 'm' || n || '@example.org', 'm' || n || '@example.org', 'Member ' || n,
  CASE n % 4 WHEN 1 THEN 'admin' WHEN 2 THEN 'publisher' WHEN 3 THEN 'editor' ELSE 'writer' END,
  '{now}.000000', 'm1@example.org', '{now}.000000' FROM {members};
INSERT INTO passkey (person, credential, public_key, sign_count, name, synced, transports, created_at)
SELECT n, randomblob(32), randomblob(77), 0, 'Laptop', 1, '[]', '{now}.000000' FROM {members};
INSERT INTO audit (at, person, name, address, act, thing, detail)
SELECT datetime('{now}', '-' || ({audit} - n) || ' minutes') || '.000000', 1 + n % 30, 'Member ' || (1 + n % 30),
  'm' || (1 + n % 30) || '@example.org',
  CASE n % 5 WHEN 0 THEN 'signed-in' WHEN 1 THEN 'edit-readers' ELSE 'approve' END,
  CASE n % 5 WHEN 0 THEN 'person m1@example.org' WHEN 1 THEN 'reader ' || printf('%032x', n)
  ELSE 'issue ' || date('2025-01-01', '+' || (n % 100) || ' days') END, '{{"from":"there"}}' FROM {noted};
INSERT INTO captured_link (url, canonical_url, title, source, author, language, image, kind, paywall, origins,
  selection, text, captured_at, captured_by, problem, entry)
SELECT 'https://example.net/' || n, 'https://example.net/' || n, 'A page, ' || n, 'The Review', 'Ada', 'en', '', '', 0,
  '{{}}', '', '', '{now}.000000', 'm1@example.org', '', '' FROM {waiting_links};
INSERT INTO comment (kind, slug, text, at, by, name, resolved_by)
SELECT 'issue', '{draft}', 'Is this right? ' || n, '{now}.000000', 'm2@example.org', 'Member 2', '' FROM {links}
"""


def draft_date() -> date:
    """Return the date of the issue that can be composed: tomorrow."""
    return _day(1)


def latest_date() -> date:
    """Return the date of the issue that was sent to all readers last: yesterday."""
    return _day(-1)


def under_way_date() -> date:
    """Return the date of the issue that is being sent: today."""
    return _day(0)


@contextmanager
def paused_send(root: Path) -> Iterator[None]:
    """Pause the issue that is being sent."""
    with closing(sqlite3.connect(root / "newsletter.db", isolation_level=None)) as connection:
        change = "UPDATE send SET status = ? WHERE issue = ?"
        connection.execute(change, ("paused", str(under_way_date())))
        try:
            yield
        finally:
            connection.execute(change, ("running", str(under_way_date())))


def newsletter_of(readers: int) -> Path:
    """Return the folder of the newsletter, written today or now: that takes a minute and a gigabyte of disk."""
    root = CACHE / f"studio-{readers}-{datetime.now(UTC).date()}"
    if not (root / "finished").exists():
        for old in CACHE.glob("studio-*"):
            shutil.rmtree(old)
        root.mkdir(parents=True)
        _write_files(root)
        _fill(root, readers)
        (root / "finished").touch()
    return root


def session_of(root: Path, role: Role) -> str:
    """Begin a session of a member with a role, who has just used their passkey, and return its secret."""
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        member = next(known for known in store.staff.members() if known.role is role)
        return begin_session(store, member, by_link=False, client="Benchmark", now=datetime.now(UTC), is_confirmed=True)


def _write_files(root: Path) -> None:
    check_newsletter.make(root, ENTRIES)
    file = root / "newsletter.toml"
    text = file.read_text(encoding="utf-8")
    topics = "".join(f'[topics.topic-{n}]\nname = "Topic {n}"\n' for n in range(40, TOPICS))
    segments = "".join(
        f'[segments.segment-{n}]\nname = "Segment {n}"\n'
        + _RULES[n % len(_RULES)].format(a=n % TOPICS, b=(n * 7 + 3) % TOPICS)
        + "\n"
        for n in range(SEGMENTS - 1)
    )
    head, _, tables = text.partition("[segments.science]")
    file.write_text(f"{head}{_SETTINGS}{_COUNTING}[segments.science]{tables}{topics}{segments}", encoding="utf-8")
    for day in map(_day, range(-1, 5)):
        slugs = "".join(f"  - entry-{number:04}\n" for number in range(0, 84, 7))
        front = f"date: {day}\nsubject: An issue\npreheader: It waits.\ntailored: true\nentries:\n{slugs}"
        front += "segments: [segment-0, segment-1]\n" if day == draft_date() else ""
        (root / "issues" / f"{day}.md").write_text(f"---\n{front}---\nGood morning.\n", encoding="utf-8")


def _fill(root: Path, readers: int) -> None:
    path = root / "newsletter.db"
    open_store(f"sqlite:///{path}").close()
    numbers = NUMBERS["sqlite"]
    values = {name: _one_of(*chosen) for name, chosen in _CHOOSE.items()} | {
        "now": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "count": readers,
        "progress": _PROGRESS.format(count=readers),
        "readers": numbers.format(1, readers),
        "waiting": numbers.format(1, 10_000),
        "numbered_sends": numbers.format(1, SENDS),
        "links": numbers.format(1, 20),
        "members": numbers.format(1, MEMBERS),
        "noted": numbers.format(1, AUDIT),
        "waiting_links": numbers.format(1, 200),
        "topics": TOPICS,
        "sends": SENDS,
        "audit": AUDIT,
        "draft": draft_date(),
        "latest": latest_date(),
        "under_way": under_way_date(),
        "scheduled": _day(2),
        "held": _day(3),
    }
    content = compiled(issue("old", [range(40)])).to_json()
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("BEGIN")
    for statement in _FILL.format(**values).split(";\n"):
        connection.execute(statement, (content,) if "?1" in statement else ())
    connection.execute("COMMIT")
    connection.close()


def _day(number: int) -> date:
    """Return a date by its distance from today in days."""
    return (datetime.now(UTC) + timedelta(days=number)).date()


def _one_of(names: tuple[str, ...], number: str) -> str:
    """Return SQL that chooses one of the names."""
    cases = " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(names))
    return f"(CASE ({number}) % {len(names)} {cases} END)"


def new_secret() -> str:
    """Return a signing secret for ``NEWSLETTER_SECRET``."""
    return secrets.token_urlsafe(48)
