"""The pydantic models of newsletter.toml: every table, every setting, and its valid values."""

import re
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from newsletter.domain.addresses import parse_address
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.issue import Otherwise
from newsletter.domain.languages import parse_language
from newsletter.domain.leaving import REASONS
from newsletter.domain.local_times import InvalidLocalTimeError, parse_local_time
from newsletter.domain.quiet_hours import parse_quiet_hours
from newsletter.domain.schedule import parse_zone
from newsletter.domain.skeletons import DEFAULT, WEEKDAYS
from newsletter.domain.soft_bounces import FEWEST_SOFT_BOUNCES, FULL_FOR
from newsletter.domain.studio_origin import studio_origin
from newsletter.domain.topics import SLUG, slug_of
from newsletter.domain.tracking import TrackingLevel
from newsletter.message.encoding import ascii_domain
from newsletter.message.verp import LONGEST_OWN

_URL = "write a URL such as https://news.example.org"


def _valid_database(text: str) -> str:
    if not re.match(r"sqlite:///|postgres(ql)?(\+psycopg)?://", text):
        raise ValueError('write it as "sqlite:///newsletter.db" or "postgresql://user:password@host/name"')
    return text


def _valid_mailbox(text: str) -> str:
    name, address = parseaddr(text)
    if "=?" in name or not text.isprintable():
        raise ValueError("write a name without control characters and without =?")
    if not parse_address(address).rpartition("@")[0].isascii():
        raise ValueError("use only ASCII before the @: few mail servers accept other characters there (RFC 6531)")
    return text


def parse_url(text: str) -> str:
    """Return the URL of a newsletter's pages without a trailing slash. Raise ValueError that says what to write."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  raises ValueError if the port is invalid
    except ValueError as err:
        raise ValueError(_URL) from err
    strange = re.search(r"[\s\x00-\x20\x7f]", text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or strange:
        raise ValueError(_URL)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise ValueError("use https: mailbox providers require it")
    authority = ascii_domain(f"@{parts.netloc}")[1:]
    return f"{parts.scheme}://{authority}{parts.path.rstrip('/')}"


def _valid_words(text: str) -> str:
    if not text.replace("\n", " ").isprintable():
        raise ValueError("write text without control characters")
    return " ".join(text.split())


def _different(texts: list[str]) -> list[str]:
    if repeated := next((text for at, text in enumerate(texts) if text in texts[:at]), None):
        raise ValueError(f'write "{repeated}" once')
    return texts


def _valid_picture(text: str) -> str:
    """Return an https URL, or the name of a picture below ``issues/images/``."""
    if not text or re.match(r"https://[^/\s]+/\S+$", text):
        return text
    if re.fullmatch(r"(?!/)[^\s:\\]+\.(png|jpe?g|gif|webp)", text, re.IGNORECASE) and ".." not in text.split("/"):
        return text
    raise ValueError("write an https URL, or the name of a PNG, JPEG, GIF or WebP file in issues/images/")


def _valid_slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(f"use only a-z, 0-9 and hyphens: {slug_of(text)}")
    return text


def _valid_attribute(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError("use only a-z, 0-9 and _, and begin with a letter")
    return text


def _valid_utm(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{0,100}", text):
        raise ValueError("use only letters without accents, digits and . _ ~ -, at most 100")
    return text


def _valid_option(value: object) -> bool | str:
    if not isinstance(value, bool | str):
        raise ValueError("write true or false, or one of the theme's choices in quotes")  # pydantic's
    return value


def _valid_label(value: object) -> str | dict[str, str]:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        return value
    raise ValueError("write words in quotes, or a table of labels for a language: [theme.labels.de]")  # pydantic's


def _valid_quiet(text: str) -> str:
    parse_quiet_hours(text)
    return text


def _valid_address(text: str) -> str:
    try:
        address = parse_address(text)
    except ValueError as err:
        raise ValueError("write an address without a name, such as editor@example.org") from err
    if not address.rpartition("@")[0].isascii():
        raise ValueError("use only ASCII before the @: few mail servers accept other characters there (RFC 6531)")
    return address


def _valid_network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as err:
        raise ValueError("write an IP address or a network such as 10.0.0.0/8") from err


def _valid_studio_host(text: str) -> str:
    studio_origin(text)
    return text.strip().lower()


def _valid_return_path(text: str) -> str:
    own, _, domain = parse_address(text).rpartition("@")
    if len(own) > LONGEST_OWN or not re.fullmatch(r"[a-z0-9._-]+", own):
        raise ValueError(
            f"before the @, use at most {LONGEST_OWN} of a-z, 0-9, dot and hyphen: a signature is added after them"
        )
    return ascii_domain(f"{own}@{domain}")


def _valid_bucket(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", text):
        raise ValueError("write the bucket's name: 3 to 63 of a-z, 0-9, dot and hyphen")
    return text


def _valid_prefix(text: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9._-]*)?", text):
        raise ValueError("write it like pictures/ or letters/pictures/")
    return f"{text.rstrip('/')}/" if text else ""


def _valid_weekday(text: str) -> str:
    if text not in (*WEEKDAYS, DEFAULT):
        raise ValueError(f"write a weekday, or {DEFAULT} for all others: [skeletons.monday]")
    return text


def _valid_section(value: "str | SkeletonSectionTable") -> "SkeletonSectionTable":
    return SkeletonSectionTable(title=value) if isinstance(value, str) else value


def _valid_clock(text: str) -> str:
    try:
        parse_local_time(text)
    except InvalidLocalTimeError as err:
        raise ValueError("write hours and minutes: 07:00") from err
    return text


_MailboxText = Annotated[str, AfterValidator(_valid_mailbox)]
_Slug = Annotated[str, AfterValidator(_valid_slug)]
_Weekday = Annotated[str, AfterValidator(_valid_weekday)]
_Language = Annotated[str, AfterValidator(parse_language)]


_Reason = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_valid_words)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class TopicTable(_Table):
    """``[topics.<slug>]``: an entry may name the topic by slug, name or alias; a parent covers its children."""

    name: str | None = Field(default=None, min_length=1)
    aliases: list[str] = []
    parent: _Slug | None = None


class SegmentTable(_Table):
    """``[segments.<slug>]``: readers who follow one of ``any``, each of ``all`` and none of ``none``.

    The rule ``where`` holds for all of them (``domain.segment_rule_parser``).
    """

    name: str | None = None
    any: list[str] = []
    all: list[str] = []
    none: list[str] = []
    where: str | None = None


class ThemeTable(_Table):
    """``[theme]``: the theme's name, and values that override its own (docs/themes.md)."""

    name: _Slug = "default"
    logo: str | None = None
    logo_dark: str | None = None
    logo_alt: str | None = None
    logo_width: int = Field(default=160, ge=16, le=600)
    colors: dict[str, str] = {}
    dark_colors: dict[str, str] = {}
    fonts: dict[str, str] = {}
    labels: dict[str, Annotated[Any, AfterValidator(_valid_label)]] = {}
    options: dict[str, Annotated[Any, AfterValidator(_valid_option)]] = {}


class TailoredTable(_Table):
    """``[tailored]``: which entries a reader gets; an issue's file can override it (docs/file-formats.md)."""

    always: bool = False
    minimum: int | None = Field(default=None, ge=0)
    maximum: int | None = Field(default=None, ge=1)
    otherwise: Annotated[Otherwise | None, Field(strict=False)] = None


class SendingTable(_Table):
    """``[sending]``: rate limits, quiet hours, the deadline, and the policy for uncertain deliveries."""

    per_second: float | None = Field(default=None, ge=0.001, allow_inf_nan=False)
    per_day: int | None = Field(default=None, ge=1)
    warm_up: list[Annotated[int, Field(ge=1)]] = []
    quiet: Annotated[str, AfterValidator(_valid_quiet)] | None = None
    deadline: float = Field(default=6, gt=0, le=8760)
    uncertain: Annotated[Uncertainty, Field(strict=False)] = Uncertainty.HOLD


class NotifyTable(_Table):
    """``[notify]``: the addresses that get notifications (docs/sending.md)."""

    addresses: list[Annotated[str, AfterValidator(_valid_address)]] = []


class TranslationTable(_Table):
    """``[translations.<language>]``: the words that introduce the newsletter in another of its languages."""

    description: Annotated[str, Field(max_length=300), AfterValidator(_valid_words)] = ""
    frequency: Annotated[str, Field(max_length=100), AfterValidator(_valid_words)] = ""


class WelcomeTable(_Table):
    """``[welcome]``: whether new readers get the latest issue by email (docs/serving.md)."""

    mail: bool = True


class ServingTable(_Table):
    """``[serving]``: the proxies in front of the public pages (docs/serving.md)."""

    proxies: list[Annotated[str, AfterValidator(_valid_network)]] = []


class ImagesTable(_Table):
    """``[images]``: the bucket that the editor's pictures are published in (docs/settings.md)."""

    bucket: Annotated[str, AfterValidator(_valid_bucket)] = ""
    url: Annotated[str, AfterValidator(parse_url)] | None = None
    prefix: Annotated[str, AfterValidator(_valid_prefix)] = ""
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    endpoint_url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")


class SkeletonSectionTable(_Table):
    """A section of a skeleton, with the most entries that it should have."""

    title: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_valid_words)]
    limit: int | None = Field(default=None, ge=1)


class SkeletonTable(_Table):
    """``[skeletons.<slug>]``: what a new issue of a weekday begins with (docs/settings.md)."""

    sections: list[Annotated[str | SkeletonSectionTable, AfterValidator(_valid_section)]] = []
    segments: list[str] = []
    entries: int | None = Field(default=None, ge=1)
    minutes: int | None = Field(default=None, ge=1)
    deadline: Annotated[str, AfterValidator(_valid_clock)] | None = None


class StudioTable(_Table):
    """``[studio]``: what the desk reminds of, and how the studio commits to git (docs/settings.md)."""

    reminder: Annotated[str, AfterValidator(_valid_clock)] = "12:00"
    hooks: bool = False
    sync: bool = True
    quiet_minutes: float = Field(default=5, ge=0.1, le=240)
    committer: _MailboxText | None = None
    proof_to: list[Annotated[str, AfterValidator(_valid_address)]] = []
    host: Annotated[str, AfterValidator(_valid_studio_host)] | None = None


class ApprovalTable(_Table):
    """``[approval]``: whether issues need an approval, of how many people, and whose (docs/studio.md)."""

    required: bool = False
    approvals: int = Field(default=1, ge=1, le=9)
    own_changes: bool = False
    remind_at: Annotated[str, AfterValidator(_valid_clock)] | None = None


class FeedbackTable(_Table):
    """``[feedback]``: the addresses for bounces, and the limits for soft bounces and kept events (docs/feedback.md)."""

    return_path: Annotated[str, AfterValidator(_valid_return_path)] = ""
    mailbox: str = ""
    unsubscribe_mail: Annotated[str, AfterValidator(_valid_return_path)] = ""
    soft_bounces: int = Field(default=FEWEST_SOFT_BOUNCES, ge=FEWEST_SOFT_BOUNCES, le=100)
    keep_days: int = Field(default=365, ge=FULL_FOR.days)


class CountingTable(_Table):
    """``[counting]``: tracking of clicks and opens (docs/counting.md)."""

    clicks: Annotated[TrackingLevel, Field(strict=False)] = TrackingLevel.OFF
    opens: Annotated[TrackingLevel, Field(strict=False)] = TrackingLevel.OFF
    scanners: list[Annotated[str, AfterValidator(_valid_network)]] = []
    utm_source: Annotated[str, AfterValidator(_valid_utm)] = ""
    utm_medium: Annotated[str, AfterValidator(_valid_utm), Field(min_length=1)] = "email"


class ProviderTable(BaseModel):
    """``[provider]``: the provider's name and its options, which the provider checks itself."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str = "outbox"


class SettingsFile(_Table):
    """The whole newsletter.toml."""

    name: str = Field(min_length=1, max_length=200)
    sender: _MailboxText = Field(alias="from")
    reply_to: _MailboxText | None = None
    postal_address: str = Field(min_length=1)
    description: Annotated[str, Field(max_length=300), AfterValidator(_valid_words)] = ""
    frequency: Annotated[str, Field(max_length=100), AfterValidator(_valid_words)] = ""
    picture: Annotated[str, Field(max_length=500), AfterValidator(_valid_picture)] = ""
    language: _Language | None = None
    languages: list[_Language] | None = Field(default=None, min_length=1)
    time_zone: Annotated[str, AfterValidator(parse_zone)] = "UTC"
    base_url: Annotated[str, AfterValidator(parse_url)]
    attributes: list[Annotated[str, AfterValidator(_valid_attribute)]] = []
    weekly_digest: bool = False
    leaving_reasons: Annotated[list[_Reason], Field(max_length=8), AfterValidator(_different)] = list(REASONS)
    database: Annotated[str, AfterValidator(_valid_database)] | None = None
    theme: ThemeTable = ThemeTable()
    tailored: TailoredTable = TailoredTable()
    provider: ProviderTable = ProviderTable()
    sending: SendingTable = SendingTable()
    notify: NotifyTable = NotifyTable()
    translations: dict[_Language, TranslationTable] = {}
    welcome: WelcomeTable = WelcomeTable()
    serving: ServingTable = ServingTable()
    images: ImagesTable = ImagesTable()
    skeletons: dict[_Weekday, SkeletonTable] = {}
    studio: StudioTable = StudioTable()
    approval: ApprovalTable = ApprovalTable()
    feedback: FeedbackTable = FeedbackTable()
    counting: CountingTable = CountingTable()
    topics: dict[_Slug, TopicTable] = {}
    segments: dict[_Slug, SegmentTable] = {}
