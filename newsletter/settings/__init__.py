"""Read newsletter.toml and the environment into one frozen value. Only entry points read settings."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from newsletter.domain.addresses import Mailbox, parse_address
from newsletter.domain.events import FeedbackSettings
from newsletter.domain.issue import TailoringFields
from newsletter.domain.languages import covers
from newsletter.domain.local_times import parse_local_time
from newsletter.domain.pictures import BucketSettings
from newsletter.domain.publication import About, Newsletter, ThemeSettings
from newsletter.domain.quiet_hours import parse_quiet_hours
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.reviews import ApprovalRules
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.studio_origin import studio_origin
from newsletter.domain.tracking import TrackingSettings
from newsletter.errors import FindingsError, Place, SettingsError, did_you_mean
from newsletter.files import library_errors
from newsletter.files.newsletter_folder import SETTINGS_FILE, newsletter_folder
from newsletter.files.toml_layout import parsed
from newsletter.files.toml_lines import CONFLICT_HINT, CONFLICT_WHAT, conflict_marker, syntax_mistake
from newsletter.settings.file import (
    ApprovalTable,
    ImagesTable,
    SendingTable,
    SettingsFile,
    StudioTable,
    ThemeTable,
    parse_url,
)
from newsletter.settings.problems import Mistake, contradictions, mistakes_in, setting_finding, settings_error
from newsletter.settings.segments import languages_of, parse_segment, rule_words, topics_of
from newsletter.settings.skeletons import parse_skeleton
from newsletter.settings.studio import StudioSettings
from newsletter.tokens import Signer

__all__ = [
    "EARLIER_SECRETS",
    "SECRET",
    "Mistake",
    "Settings",
    "SettingsFile",
    "SigningSecretError",
    "StudioSettings",
    "UnknownSegmentError",
    "find_root",
    "load",
    "load_signer",
    "parse_settings",
    "parse_url",
    "rule_words",
    "topics_of",
]

Network = IPv4Network | IPv6Network
OUTBOX = "outbox"
_SQLITE = "sqlite:///"
SECRET = "NEWSLETTER_SECRET"  # noqa: S105 - its name
EARLIER_SECRETS = "NEWSLETTER_EARLIER_SECRETS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A newsletter's settings. ``root`` is the folder of newsletter.toml; ``provider`` has the provider's options.

    ``notify`` has the addresses that get notifications about scheduled sends. ``proxies`` has the networks of the
    proxies in front of ``newsletter serve`` whose X-Forwarded-For header is trusted. Pictures are published in the
    ``bucket``, if any, or else by ``newsletter serve``.
    """

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    database: str
    provider_name: str
    provider: Mapping[str, Any]
    sending: SendingSettings
    notify: tuple[str, ...]
    proxies: tuple[Network, ...]
    feedback: FeedbackSettings
    bucket: BucketSettings | None = None
    studio: StudioSettings = field(default_factory=StudioSettings)
    approval: ApprovalRules = field(default_factory=ApprovalRules)

    @property
    def mails(self) -> bool:
        """True if the provider mails people: the outbox doesn't."""
        return self.provider_name != OUTBOX

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database, or None for PostgreSQL."""
        return (
            Path(self.database.removeprefix(_SQLITE).partition("?")[0]) if self.database.startswith(_SQLITE) else None
        )

    @property
    def outbox(self) -> Path:
        """The folder of the outbox. Rehearsals go there even if the provider is another one."""
        path = "outbox" if self.mails else str(self.provider.get("path", "outbox"))
        return self.root / Path(path).expanduser()

    def upgrade_copies(self) -> list[Path]:
        """Return the copies of the database that upgrades have made next to it."""
        file = self.database_file
        return sorted(file.parent.glob(f"{file.name}.[0-9][0-9][0-9][0-9]*")) if file else []

    def segment(self, slug: str) -> Segment:
        """Return the segment with a slug. Raise UnknownSegmentError if there is none."""
        if slug not in self.segments:
            suggestion = did_you_mean(slug, self.segments) or f"there are: {', '.join(sorted(self.segments))}"
            raise UnknownSegmentError(segment=slug, suggestion=suggestion)
        return self.segments[slug]


class UnknownSegmentError(SettingsError):
    """A name that no segment has; ``suggestion`` asks for one that is close, or lists them all."""

    code = "segment-unknown"

    def __init__(self, *, segment: str, suggestion: str) -> None:
        self.segment, self.suggestion = segment, suggestion
        super().__init__(f'no segment "{segment}"', hint=suggestion)


class SigningSecretError(SettingsError):
    """A secret for readers' links that is missing or can't be used; ``variable`` is that of the environment.

    ``why`` is the reason. The secret itself is never shown.
    """

    code = "signing-secret"

    def __init__(self, *, variable: str, why: str, hint: str) -> None:
        self.variable, self.why = variable, why
        super().__init__(f"{variable} {why}", hint=hint)


class NoFolderError(SettingsError):
    """A path where a newsletter was expected and no folder exists."""

    code = "folder-missing"

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"there is no folder {path}", hint="check the path")


class NoNewsletterError(SettingsError):
    """A folder that no newsletter contains."""

    code = "newsletter-missing"

    def __init__(self, *, path: Path) -> None:
        self.path = path
        super().__init__(f"no {SETTINGS_FILE} in {path} or above it", hint="use a newsletter's folder, or make one")


def load(start: Path) -> Settings:
    """Return the settings of the newsletter that contains ``start``.

    Raise SettingsError if there is no newsletter, and FindingsError with every mistake in newsletter.toml.
    """
    root = find_root(start)
    text = _read(root / SETTINGS_FILE)
    file = parse_settings(text)
    if isinstance(file, SettingsFile):
        return _settings(root, file)
    raise settings_error(file, text)


def load_signer(environment: Mapping[str, str] = os.environ) -> Signer:
    """Return the signer of readers' links, from the environment.

    Raise SigningSecretError if a secret is missing or weak.
    """
    hint = f"set {SECRET} to at least 16 random characters: `export {SECRET}=$(openssl rand -hex 32)`, and keep it"
    if not environment.get(SECRET):
        raise SigningSecretError(variable=SECRET, why="is not set; it signs readers' links", hint=hint)
    earlier = environment.get(EARLIER_SECRETS, "").split()
    try:
        Signer(environment[SECRET])
    except ValueError as err:
        kept = f"; to keep links working that the old secret signed, move it to {EARLIER_SECRETS}"
        raise SigningSecretError(variable=SECRET, why=str(err), hint=hint + kept) from err
    try:
        return Signer(environment[SECRET], *earlier)
    except ValueError as err:
        why = f"has a secret that {err}"
        raise SigningSecretError(variable=EARLIER_SECRETS, why=why, hint="separate the secrets with spaces") from err


def parse_settings(text: str) -> SettingsFile | tuple[Mistake, ...]:
    """Return the settings in a text of newsletter.toml, or all mistakes in them.

    Raise FindingsError if the text isn't TOML.
    """
    tables = _tables(text)
    try:
        file = SettingsFile.model_validate(tables)
    except ValidationError as err:
        return tuple(mistakes_in(err.errors()))
    return tuple(contradictions(file)) or file


def _tables(text: str) -> Mapping[str, object]:
    place = Place(path=SETTINGS_FILE)
    line = conflict_marker(text)
    if line is not None:
        raise FindingsError([setting_finding(replace(place, line=line), CONFLICT_WHAT, CONFLICT_HINT)])
    try:
        return parsed(text)
    except tomllib.TOMLDecodeError as err:
        what, line = syntax_mistake(err, text)
        problem = setting_finding(replace(place, line=line), what, "docs/settings.md describes the file")
        raise FindingsError([problem]) from err


def _read(path: Path) -> str:
    """Return the text of a newsletter.toml."""
    place = Place(path=SETTINGS_FILE)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problem = setting_finding(place, "the file is not UTF-8", "save it as UTF-8 text")
    except OSError as err:
        problem = setting_finding(
            place, f"can't be read: {library_errors.of_system(err)}", "change the file's permissions"
        )
    raise FindingsError([problem])


def _settings(root: Path, file: SettingsFile) -> Settings:
    words = rule_words(file)
    language, *other_languages = languages_of(file)
    bucket = _bucket(file.images) if file.images.bucket else None
    return Settings(
        root=root,
        newsletter=Newsletter(
            name=file.name,
            sender=_mailbox(file.sender),
            reply_to=_mailbox(file.reply_to) if file.reply_to else None,
            postal_address=file.postal_address,
            base_url=file.base_url,
            picture_host=bucket.public_url if bucket else "",
            description=file.description,
            frequency=file.frequency,
            translations=tuple(About(language=tag, **table.model_dump()) for tag, table in file.translations.items()),
            picture=file.picture,
            welcome_mail=file.welcome.mail,
            language=language,
            other_languages=tuple(other_languages),
            time_zone=file.time_zone,
            attributes=tuple(file.attributes),
            weekly_digest=file.weekly_digest,
            leaving_reasons=tuple(file.leaving_reasons),
            topics=words.topics,
            tailored=TailoringFields(**file.tailored.model_dump()),
            theme=_theme(file.theme, language),
            skeletons={weekday: parse_skeleton(table) for weekday, table in file.skeletons.items()},
            counting=TrackingSettings(
                clicks=file.counting.clicks,
                opens=file.counting.opens,
                scanners=tuple(ip_network(text) for text in file.counting.scanners),
                utm_source=file.counting.utm_source,
                utm_medium=file.counting.utm_medium,
            ),
        ),
        segments={EVERYONE.slug: EVERYONE}
        | {slug: parse_segment(slug, table, words) for slug, table in file.segments.items()},
        database=_database(root, file.database),
        provider_name=file.provider.name,
        provider=file.provider.model_extra or {},
        sending=_sending(file.sending),
        notify=tuple(dict.fromkeys(file.notify.addresses)),
        proxies=tuple(ip_network(text) for text in file.serving.proxies),
        feedback=FeedbackSettings(
            return_path=file.feedback.return_path,
            mailbox=file.feedback.mailbox,
            unsubscribe_mail=(file.feedback.unsubscribe_mail or file.feedback.return_path)
            if file.feedback.mailbox
            else "",
            soft_bounces=file.feedback.soft_bounces,
            keep=timedelta(days=file.feedback.keep_days),
        ),
        bucket=bucket,
        studio=_studio(file.studio),
        approval=_approval(file.approval),
    )


def _theme(table: ThemeTable, language: str) -> ThemeSettings:
    """Return the theme's settings, with the labels without a language as those of the newsletter's own."""
    plain = {name: text for name, text in table.labels.items() if isinstance(text, str)}
    translated = {tag: labels for tag, labels in table.labels.items() if isinstance(labels, dict)}
    own = {
        name: text
        for tag in sorted(translated, key=len)
        if covers(tag, language)
        for name, text in translated[tag].items()
    }
    return ThemeSettings(**table.model_dump(exclude={"labels"}), labels=plain | own, translated_labels=translated)


def _sending(table: SendingTable) -> SendingSettings:
    return SendingSettings(
        per_second=table.per_second,
        per_day=table.per_day,
        warm_up=tuple(table.warm_up),
        quiet=parse_quiet_hours(table.quiet) if table.quiet else None,
        deadline=timedelta(hours=table.deadline),
        uncertain=table.uncertain,
    )


def _studio(table: StudioTable) -> StudioSettings:
    return StudioSettings(
        reminder=parse_local_time(table.reminder),
        hooks=table.hooks,
        sync=table.sync,
        quiet=timedelta(minutes=table.quiet_minutes),
        committer=_mailbox(table.committer) if table.committer else None,
        origin=studio_origin(table.host) if table.host else "",
        proof_to=tuple(dict.fromkeys(table.proof_to)),
    )


def _approval(table: ApprovalTable) -> ApprovalRules:
    return ApprovalRules(
        required=table.required,
        approvals=table.approvals,
        own_changes=table.own_changes,
        remind_at=parse_local_time(table.remind_at) if table.remind_at else None,
    )


def _bucket(table: ImagesTable) -> BucketSettings:
    return BucketSettings(
        bucket=table.bucket,
        prefix=table.prefix,
        public_url=f"{table.url}/{table.prefix}".rstrip("/"),
        region=table.region,
        endpoint_url=table.endpoint_url,
    )


def _mailbox(text: str) -> Mailbox:
    name, address = parseaddr(text)
    return Mailbox(name=name, address=parse_address(address))


def _database(root: Path, url: str | None) -> str:
    if url is None:
        return f"sqlite:///{root / 'newsletter.db'}"
    relative = re.fullmatch(r"sqlite:///(?!/)(.+)", url)
    return f"sqlite:///{root / relative[1]}" if relative else url


def find_root(start: Path) -> Path:
    """Return the folder of the newsletter that contains ``start``. Raise SettingsError if there is none."""
    if folder := newsletter_folder(start.resolve()):
        return folder
    if not start.exists():
        raise NoFolderError(path=start)
    if not start.is_dir():
        raise SettingsError(f"{start} is a file, not a folder", hint="pass the newsletter's folder")
    raise NoNewsletterError(path=start)
