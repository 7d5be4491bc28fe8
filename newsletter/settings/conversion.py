"""Make the settings of the tables of newsletter.toml, which have been validated."""

import re
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path

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
from newsletter.domain.segment import EVERYONE
from newsletter.domain.studio_origin import studio_origin
from newsletter.domain.tracking import TrackingSettings
from newsletter.settings.file import ApprovalTable, ImagesTable, SendingTable, SettingsFile, StudioTable, ThemeTable
from newsletter.settings.segments import languages_of, parse_segment, rule_words
from newsletter.settings.skeletons import parse_skeleton
from newsletter.settings.values import Settings, StudioSettings


def settings_of(root: Path, file: SettingsFile) -> Settings:
    """Return the settings that the newsletter.toml in a folder has."""
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
