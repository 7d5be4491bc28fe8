"""newsletter.toml and the environment, read once into one frozen value. Only entry points read settings."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from newsletter.audience import EVERYONE, Segment, parse_address
from newsletter.counting import Counting, CountingSettings
from newsletter.delivery import Uncertainty
from newsletter.encoding import ascii_domain
from newsletter.errors import Place, SettingsError, did_you_mean
from newsletter.events import SOFT_WITHIN, FeedbackSettings
from newsletter.issue import SLUG, Mailbox, Newsletter, Otherwise, Tailored, ThemeSettings, Topic, Topics, slug_of
from newsletter.pace import SendingSettings, parse_quiet
from newsletter.schedule import parse_zone
from newsletter.tokens import Signer
from newsletter.verp import LONGEST_OWN

Network = IPv4Network | IPv6Network
FILE = "newsletter.toml"
SECRET = "NEWSLETTER_SECRET"  # noqa: S105 - its name
EARLIER_SECRETS = "NEWSLETTER_EARLIER_SECRETS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator decides. ``root`` is the folder of newsletter.toml; ``provider`` has the options.

    ``proxies`` are the networks of the hops before ``newsletter serve`` that may say for whom they ask.
    """

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    database: str
    provider_name: str
    provider: Mapping[str, Any]
    sending: SendingSettings
    proxies: tuple[Network, ...]
    feedback: FeedbackSettings

    def segment(self, slug: str) -> Segment:
        """A segment by its slug. Raises SettingsError with a suggestion where there is none."""
        if slug not in self.segments:
            mend = did_you_mean(slug, self.segments) or "`newsletter segments` lists them"
            raise SettingsError(f'no segment "{slug}"', mend=mend)
        return self.segments[slug]


def load(start: Path) -> Settings:
    """The settings of the newsletter in which ``start`` lies.

    Raises SettingsError that names the line and the mend, with all else that is wrong as its ``others``.
    """
    root = find_root(start)
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        line = re.search(r"at line (\d+)", str(err))
        raise SettingsError(
            f"not TOML: {err}", mend="mend the syntax", place=Place(path=FILE, line=int(line[1]) if line else None)
        ) from err
    except (OSError, UnicodeDecodeError) as err:
        raise SettingsError(f"cannot be read: {err}", mend="save it as UTF-8 text", place=Place(path=FILE)) from err
    try:
        file = SettingsFile.model_validate(raw)
    except ValidationError as err:
        raise _error(_explained(err.errors()), text) from err
    if wrong := list(_contradictions(file)):
        raise _error(wrong, text)
    return _settings(root, file)


def signer(environment: Mapping[str, str] = os.environ) -> Signer:
    """The signer of readers' links, from the environment. Raises SettingsError where the secret is missing or short."""
    mend = f"set {SECRET} to at least 16 random characters: `export {SECRET}=$(openssl rand -hex 32)`, and keep it"
    if not environment.get(SECRET):
        raise SettingsError(f"{SECRET} is not set, and readers' links are signed with it", mend=mend)
    try:
        return Signer(environment[SECRET], *environment.get(EARLIER_SECRETS, "").split())
    except ValueError as err:
        raise SettingsError(f"{SECRET} or {EARLIER_SECRETS} is too short", mend=mend) from err


# The file, as pydantic reads it --------------------------------------------------------------------------------------


def _is_mailbox(text: str) -> str:
    name, address = parseaddr(text)
    if "=?" in name or not name.isprintable():
        raise ValueError("a display name has no control characters and no =?")
    if not parse_address(address)[0].rpartition("@")[0].isascii():
        raise ValueError("the part before the @ is ASCII: a sender who needs SMTPUTF8 (RFC 6531) reaches few readers")
    return text


def parse_url(text: str) -> str:
    """The address of a newsletter's pages, without a slash at its end. Raises ValueError with what it should be."""
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an address such as https://news.example.org")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise ValueError("mailbox providers require https")
    authority = ascii_domain(f"@{parts.netloc}")[1:]
    return f"{parts.scheme}://{authority}{parts.path.rstrip('/')}"


def _is_slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f"a slug has a-z, 0-9 and hyphens: {slug_of(text)}")
    return text


def _is_quiet(text: str) -> str:
    parse_quiet(text)
    return text


def _is_network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as err:
        raise ValueError(f"an address or a network such as 10.0.0.0/8: {err}") from err


def _is_return_path(text: str) -> str:
    own, _, domain = parse_address(text)[0].rpartition("@")
    if len(own) > LONGEST_OWN or not re.fullmatch(r"[a-z0-9._-]+", own):
        raise ValueError(
            f"before the @ come at most {LONGEST_OWN} of a-z, 0-9, dot and hyphen: a signature is put behind them"
        )
    return ascii_domain(f"{own}@{domain}")


_MailboxText = Annotated[str, AfterValidator(_is_mailbox)]
_Slug = Annotated[str, AfterValidator(_is_slug)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class TopicTable(_Table):
    """``[topics.<slug>]``: an entry may name the topic by slug, name or alias; a parent covers its children."""

    name: str | None = Field(default=None, min_length=1)
    aliases: list[str] = []
    parent: _Slug | None = None


class SegmentTable(_Table):
    """``[segments.<slug>]``: readers who follow one of ``any``, each of ``all`` and none of ``none``."""

    name: str | None = None
    any: list[str] = []
    all: list[str] = []
    none: list[str] = []


class ThemeTable(_Table):
    """``[theme]``: which theme, and values in place of its own (docs/themes.md)."""

    name: _Slug = "default"
    logo: str | None = None
    logo_alt: str | None = None
    logo_width: int = Field(default=160, ge=16, le=600)
    colors: dict[str, str] = {}
    dark_colors: dict[str, str] = {}
    fonts: dict[str, str] = {}
    labels: dict[str, str] = {}


class TailoredTable(_Table):
    """``[tailored]``: which entries a reader gets; an issue's own file may say otherwise (docs/file-formats.md)."""

    always: bool = False
    minimum: int | None = Field(default=None, ge=0)
    maximum: int | None = Field(default=None, ge=1)
    otherwise: Annotated[Otherwise | None, Field(strict=False)] = None


class SendingTable(_Table):
    """``[sending]``: how fast and when messages go out, and what becomes of those that are uncertain."""

    per_second: float | None = Field(default=None, ge=0.001, allow_inf_nan=False)
    per_day: int | None = Field(default=None, ge=1)
    warm_up: list[Annotated[int, Field(ge=1)]] = []
    quiet: Annotated[str, AfterValidator(_is_quiet)] | None = None
    deadline: float = Field(default=6, gt=0, le=8760)
    uncertain: Annotated[Uncertainty, Field(strict=False)] = Uncertainty.HOLD


class ServingTable(_Table):
    """``[serving]``: what stands before the public pages (docs/serving.md)."""

    proxies: list[Annotated[str, AfterValidator(_is_network)]] = []


class FeedbackTable(_Table):
    """``[feedback]``: where bounces come back to, what counts, how long events are kept (docs/feedback.md)."""

    return_path: Annotated[str, AfterValidator(_is_return_path)] = ""
    mailbox: str = ""
    soft_bounces: int = Field(default=3, ge=1, le=100)
    keep_days: int = Field(default=365, ge=SOFT_WITHIN.days)


class CountingTable(_Table):
    """``[counting]``: whether clicks and opens are counted, and how (docs/counting.md)."""

    clicks: Annotated[Counting, Field(strict=False)] = Counting.OFF
    opens: Annotated[Counting, Field(strict=False)] = Counting.OFF
    scanners: list[Annotated[str, AfterValidator(_is_network)]] = []
    utm_source: str = Field(default="", pattern=r"^[A-Za-z0-9._~-]{0,100}$")
    utm_medium: str = Field(default="email", pattern=r"^[A-Za-z0-9._~-]{1,100}$")


class ProviderTable(BaseModel):
    """``[provider]``: its name, and the options of that provider, which it checks itself."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str = "outbox"


class SettingsFile(_Table):
    """newsletter.toml as a whole."""

    name: str = Field(min_length=1, max_length=200)
    sender: _MailboxText = Field(alias="from")
    reply_to: _MailboxText | None = None
    postal_address: str = Field(min_length=1)
    language: str = Field(default="en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    time_zone: Annotated[str, AfterValidator(parse_zone)] = "UTC"
    base_url: Annotated[str, AfterValidator(parse_url)]
    attributes: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]] = []
    weekly_digest: bool = False
    database: str | None = None
    theme: ThemeTable = ThemeTable()
    tailored: TailoredTable = TailoredTable()
    provider: ProviderTable = ProviderTable()
    sending: SendingTable = SendingTable()
    serving: ServingTable = ServingTable()
    feedback: FeedbackTable = FeedbackTable()
    counting: CountingTable = CountingTable()
    topics: dict[_Slug, TopicTable] = {}
    segments: dict[_Slug, SegmentTable] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wrong:
    """What is wrong with the setting at ``keys``."""

    keys: tuple[str, ...]
    what: str
    mend: str


def _contradictions(file: SettingsFile) -> Iterator[_Wrong]:
    """Settings that are each as they should be, and do not go together."""
    for slug, topic in file.topics.items():
        yield from _wrong_parents(slug, topic.parent, file.topics)
    for slug, segment in file.segments.items():
        keys = ("segments", slug)
        if slug == EVERYONE.slug:
            yield _Wrong(keys=keys, what='"everyone" is built in', mend="give the segment another slug")
        elif not (segment.any or segment.all or segment.none):
            yield _Wrong(keys=keys, what="a segment without a rule", mend='add any, all or none, or use "everyone"')
    low, high = file.tailored.minimum, file.tailored.maximum
    if low is not None and high is not None and low > high:
        yield _Wrong(
            keys=("tailored", "minimum"),
            what=f"a minimum of {low} entries is more than the maximum of {high}",
            mend="lower the one or raise the other",
        )


def _wrong_parents(slug: str, parent: str | None, topics: Mapping[str, TopicTable]) -> Iterator[_Wrong]:
    keys = ("topics", slug, "parent")
    if parent is not None and parent not in topics:
        mend = did_you_mean(parent, topics) or f"add [topics.{parent}]"
        yield _Wrong(keys=keys, what=f'no topic "{parent}"', mend=mend)
        return
    way = [slug]
    while parent is not None and parent in topics and parent not in way:
        way.append(parent)
        parent = topics[parent].parent
    if parent == slug:  # the others of the circle say it of themselves
        yield _Wrong(keys=keys, what=f"the topics {' > '.join([*way, slug])} go in a circle", mend="cut it")


def _settings(root: Path, file: SettingsFile) -> Settings:
    topics = Topics(_topic(slug, table) for slug, table in file.topics.items())
    return Settings(
        root=root,
        newsletter=Newsletter(
            name=file.name,
            sender=_mailbox(file.sender),
            reply_to=_mailbox(file.reply_to) if file.reply_to else None,
            postal_address=file.postal_address,
            base_url=file.base_url,
            language=file.language,
            time_zone=file.time_zone,
            attributes=tuple(file.attributes),
            weekly_digest=file.weekly_digest,
            topics=topics,
            tailored=Tailored(**file.tailored.model_dump()),
            theme=ThemeSettings(**file.theme.model_dump()),
            counting=CountingSettings(
                clicks=file.counting.clicks,
                opens=file.counting.opens,
                scanners=tuple(ip_network(text) for text in file.counting.scanners),
                utm_source=file.counting.utm_source,
                utm_medium=file.counting.utm_medium,
            ),
        ),
        segments={EVERYONE.slug: EVERYONE}
        | {slug: _segment(slug, table, topics) for slug, table in file.segments.items()},
        database=_database(root, file.database),
        provider_name=file.provider.name,
        provider=file.provider.model_extra or {},
        sending=_sending(file.sending),
        proxies=tuple(ip_network(text) for text in file.serving.proxies),
        feedback=FeedbackSettings(
            return_path=file.feedback.return_path,
            mailbox=file.feedback.mailbox,
            soft_bounces=file.feedback.soft_bounces,
            keep=timedelta(days=file.feedback.keep_days),
        ),
    )


def _topic(slug: str, table: TopicTable) -> Topic:
    return Topic(slug=slug, name=table.name or slug, aliases=tuple(table.aliases), parent=table.parent)


def _segment(slug: str, table: SegmentTable, topics: Topics) -> Segment:
    def groups(names: list[str]) -> tuple[frozenset[str], ...]:
        return tuple(topics.kin(topics.find(name).slug) for name in names)

    return Segment(
        slug=slug, name=table.name or slug, any=groups(table.any), all=groups(table.all), none=groups(table.none)
    )


def _sending(table: SendingTable) -> SendingSettings:
    return SendingSettings(
        per_second=table.per_second,
        per_day=table.per_day,
        warm_up=tuple(table.warm_up),
        quiet=parse_quiet(table.quiet) if table.quiet else None,
        deadline=timedelta(hours=table.deadline),
        uncertain=table.uncertain,
    )


def _mailbox(text: str) -> Mailbox:
    name, address = parseaddr(text)
    return Mailbox(name=name, address=parse_address(address)[0])


def _database(root: Path, url: str | None) -> str:
    if url is None:
        return f"sqlite:///{root / 'newsletter.db'}"
    relative = re.fullmatch(r"sqlite:///(?!/)(.+)", url)
    return f"sqlite:///{root / relative[1]}" if relative else url


def find_root(start: Path) -> Path:
    """The folder of the newsletter in which ``start`` lies. Raises SettingsError where there is none."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / FILE).is_file():
            return folder
    raise SettingsError(
        f"no {FILE} in {start} or above it", mend="go to a newsletter's folder, or make one: `newsletter init DIR`"
    )


# Errors in words -----------------------------------------------------------------------------------------------------


def _error(wrong: Iterable[_Wrong], text: str) -> SettingsError:
    """One error for everything that is wrong, by line; what has no line comes last."""
    lines = [(_line_of(each.keys, text), each) for each in wrong]
    lines.sort(key=lambda pair: (pair[0] is None, pair[0]))
    first, *others = (
        SettingsError(each.what, mend=each.mend, place=Place(path=FILE, line=line)) for line, each in lines
    )
    first.others = tuple(others)
    return first


def _explained(errors: Sequence[ErrorDetails]) -> Iterator[_Wrong]:
    """What is wrong with each setting, and the mend."""
    meant: set[tuple[str, ...]] = set()  # most likely misspelt, so missing: that need not be said as well
    for error in errors:
        keys = tuple(str(key) for key in error["loc"] if key != "[key]")
        if error["type"] == "extra_forbidden":
            meant.update((*keys[:-1], close) for close in get_close_matches(keys[-1], _known(keys), 1))
    for error in errors:
        keys = tuple(str(key) for key in error["loc"] if key != "[key]")
        name = ".".join(keys)
        if error["type"] == "extra_forbidden":
            mend = did_you_mean(keys[-1], _known(keys)) or "see docs/settings.md, which lists them all"
            yield _Wrong(keys=keys, what=f'unknown setting "{name}"', mend=mend)
        elif error["type"] == "missing":
            if keys not in meant:
                yield _Wrong(keys=keys, what=f'"{name}" is missing', mend="see docs/settings.md for what it is")
        else:
            mend = error["msg"].removeprefix("Value error, ")
            yield _Wrong(keys=keys, what=f'"{name}" cannot be {error["input"]!r}', mend=mend)


_TABLES: Mapping[str, type[BaseModel]] = {
    "theme": ThemeTable,
    "tailored": TailoredTable,
    "sending": SendingTable,
    "serving": ServingTable,
    "topics": TopicTable,
    "segments": SegmentTable,
}


def _known(keys: Sequence[str]) -> list[str]:
    """The settings of the table that a setting stands in, as the file spells them."""
    table = _TABLES.get(keys[0], SettingsFile) if len(keys) > 1 else SettingsFile
    return [field.alias or name for name, field in table.model_fields.items()]


def _line_of(keys: Sequence[str], text: str) -> int | None:
    """The line on which a setting stands, or its table where the setting is missing; None where neither is there."""
    lines = text.splitlines()
    headers = {match[1]: number for number, line in enumerate(lines) if (match := re.match(r"\s*\[([^\]]+)\]", line))}
    for depth in range(len(keys), -1, -1):
        table = ".".join(keys[:depth])
        if depth and table not in headers:
            continue
        start = headers[table] + 1 if depth else 0
        end = min((number for number in headers.values() if number >= start), default=len(lines))
        for number in range(start, end):
            if depth < len(keys) and re.match(rf'\s*"?{re.escape(keys[depth])}"?\s*=', lines[number]):
                return number + 1
        if depth:
            return headers[table] + 1
    return None
