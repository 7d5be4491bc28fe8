"""A publication and its theme: the settings of newsletter.toml that an issue needs. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from newsletter.domain.addresses import Mailbox
from newsletter.domain.issue import TailoringFields
from newsletter.domain.languages import covers, same_language
from newsletter.domain.leaving import REASONS
from newsletter.domain.skeletons import Skeleton
from newsletter.domain.topics import Topics
from newsletter.domain.tracking import TrackingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeSettings:
    """The theme settings of newsletter.toml: its name, and values that override the theme's own.

    ``labels`` are in the newsletter's own language, ``translated_labels`` by the tags of others.
    """

    name: str = "default"
    logo: str | None = None
    logo_dark: str | None = None
    logo_alt: str | None = None
    logo_width: int = 160
    colors: Mapping[str, str] = field(default_factory=dict)
    dark_colors: Mapping[str, str] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    translated_labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, bool | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The words that introduce a newsletter to visitors, in a language: what it is, and how often it comes."""

    language: str
    description: str = ""
    frequency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A publication: the settings of newsletter.toml that an issue needs.

    ``language`` is a BCP 47 tag, ``time_zone`` an IANA name; ``base_url`` has no trailing slash. An issue may be in one
    of the ``other_languages`` instead. ``attributes`` are custom fields of subscribers that a merge field may name.
    With ``weekly_digest`` readers can choose a digest.

    ``description`` and ``frequency`` ("Every weekday at 7") are the words that introduce it to visitors, and
    ``translations`` are the same words in other languages. ``picture`` is an https URL or the name of a file in
    ``issues/images/``; ``picture_host`` is the public address of such files if another server than that of ``base_url``
    has them. With ``welcome_mail`` new readers get the latest issue. ``skeletons`` are by weekday: see
    ``domain.skeletons``.
    """

    name: str
    sender: Mailbox
    postal_address: str
    base_url: str
    picture_host: str = ""
    reply_to: Mailbox | None = None
    language: str = "en"
    other_languages: tuple[str, ...] = ()
    time_zone: str = "UTC"
    attributes: tuple[str, ...] = ()
    weekly_digest: bool = False
    leaving_reasons: tuple[str, ...] = tuple(REASONS)
    topics: Topics = field(default_factory=Topics)
    tailored: TailoringFields = field(default_factory=TailoringFields)
    theme: ThemeSettings = field(default_factory=ThemeSettings)
    counting: TrackingSettings = field(default_factory=TrackingSettings)
    description: str = ""
    frequency: str = ""
    translations: tuple[About, ...] = ()
    picture: str = ""
    welcome_mail: bool = True
    skeletons: Mapping[str, Skeleton] = field(default_factory=dict)

    @property
    def languages(self) -> tuple[str, ...]:
        """Return all languages in which issues appear; the first is the default."""
        return (self.language, *self.other_languages)

    def in_language(self, language: str) -> "Newsletter":
        """Return the newsletter as it appears in a language; "" stands for its own."""
        if not language or same_language(language, self.language):
            return self
        others = tuple(tag for tag in self.languages if not same_language(tag, language))
        theme = self.theme
        translated = {**theme.translated_labels, **({self.language: theme.labels} if theme.labels else {})}
        covering = sorted((tag for tag in translated if covers(tag, language)), key=len)
        labels = {name: text for tag in covering for name, text in translated[tag].items()}
        theme = replace(theme, labels=labels, translated_labels=translated)
        return replace(self, language=language, other_languages=others, theme=theme)

    def about(self, language: str) -> About:
        """Return the words that introduce the newsletter in a language, or else those in its own."""
        own = About(language=self.language, description=self.description, frequency=self.frequency)
        return next((about for about in self.translations if same_language(about.language, language)), own)

    @property
    def pictures_url(self) -> str:
        """Return the address below which editors' own pictures are published."""
        return self.picture_host or f"{self.base_url}/images"

    @property
    def own_images(self) -> tuple[str, str]:
        """Return the beginnings of the addresses whose images the newsletter's pages show."""
        return f"{self.base_url}/", f"{self.pictures_url}/"

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which all times are shown."""
        return ZoneInfo(self.time_zone)
