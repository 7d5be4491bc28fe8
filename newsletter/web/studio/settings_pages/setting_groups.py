"""The settings that the settings page shows, in groups: each with its label, its help and the kind of its control."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from newsletter.domain.languages import same_language
from newsletter.domain.skeletons import DEFAULT, WEEKDAYS
from newsletter.web.studio.settings_pages.setting_fields import FieldKind, SettingField, SettingGroup


def groups_of(tables: Mapping[str, Any]) -> Iterator[SettingGroup]:
    """Yield all groups for the tables of a newsletter.toml."""
    yield from GROUPS[:_AFTER_NEWSLETTER]
    for tag in _other_languages(tables):
        fields = tuple(
            replace(field, path=("translations", tag, field.path[0]), help=f"In the newsletter’s words for “{tag}”.")
            for field in GROUPS[0].fields
            if field.path[0] in ("description", "frequency")
        )
        yield SettingGroup(slug=f"translations-{tag}", title=f"In {tag}", table=f"translations.{tag}", fields=fields)
    yield from GROUPS[_AFTER_NEWSLETTER:]
    skeletons = tables.get("skeletons", {})
    for day in (DEFAULT, *WEEKDAYS):
        if isinstance(skeletons, Mapping) and day in skeletons:
            yield _skeleton(day)


def missing_days(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the days that have no skeleton."""
    skeletons = tables.get("skeletons", {})
    return tuple(day for day in (DEFAULT, *WEEKDAYS) if day not in skeletons)


def _other_languages(tables: Mapping[str, Any]) -> Sequence[str]:
    listed = tables.get("languages")
    others = [tag for tag in listed[1:] if isinstance(tag, str)] if isinstance(listed, list) else []
    known = tables.get("translations", {})
    spelled = list(known) if isinstance(known, Mapping) else []
    return [next((own for own in spelled if same_language(own, tag)), tag) for tag in others]


def _skeleton(day: str) -> SettingGroup:
    fields = tuple(replace(field, path=("skeletons", day, field.path[0])) for field in _SKELETON)
    title = "New issues" if day == DEFAULT else f"New issues on {day.capitalize()}s"
    words = "What they begin with, on days without a skeleton of their own." if day == DEFAULT else ""
    return SettingGroup(
        slug=f"skeletons-{day}", title=title, help=words, table=f"skeletons.{day}", fields=fields, day=day
    )


def _in(table: str, *fields: SettingField) -> tuple[SettingField, ...]:
    return tuple(replace(field, path=(table, *field.path)) for field in fields)


def _of(name: str, label: str, words: str = "", kind: FieldKind = FieldKind.LINE, **more: Any) -> SettingField:
    return SettingField(path=(name,), label=label, help=words, kind=kind, **more)


_K = FieldKind
_LEVELS = ("off", "aggregate", "individual")
_SKELETON = (
    _of(
        "sections", "Sections", "One title in each line. “| 3” after a title limits its entries to three.", _K.SECTIONS
    ),
    _of("segments", "Segments", "Slugs, one in each line. Without any, the issue goes to everyone.", _K.LIST),
    _of("entries", "Most entries", "", _K.WHOLE, usual="no limit"),
    _of("minutes", "Longest reading time in minutes", "", _K.WHOLE, usual="no limit"),
    _of("deadline", "Ready by", "A local time such as 06:00, to which the desk counts down."),
)
_AFTER_NEWSLETTER = 1
GROUPS: tuple[SettingGroup, ...] = (
    SettingGroup(
        slug="newsletter",
        title="The newsletter",
        fields=(
            _of("name", "Name", "Shown in the header of each email."),
            _of("from", "Sender", "Name and address: The Lantern <editors@example.org>."),
            _of("reply_to", "Replies go to", usual="the sender"),
            _of("postal_address", "Postal address", "In the footer of every message; most countries require it."),
            _of(
                "description",
                "Description",
                "The publication in a sentence or two, for pages, feeds and link previews.",
                _K.TEXT,
            ),
            _of("frequency", "How often it comes", "In your words: every weekday at 7."),
            _of("picture", "Picture", "For feeds and link previews: an https address, or a file in issues/images."),
            _of("language", "Language", "A tag such as en, de-AT or ar.", usual="en"),
            _of(
                "languages",
                "All languages",
                "One tag in each line, the default first. Leave it empty for a single language.",
                _K.LIST,
            ),
            _of("time_zone", "Time zone", "Of issues’ dates and of scheduled sends: Europe/London.", usual="UTC"),
            _of(
                "base_url",
                "Address of the readers’ pages",
                "The https address of view in browser, preferences and unsubscribing.",
            ),
            _of(
                "attributes",
                "Columns of readers",
                "Further columns of imports, one in each line, for merge fields and rules.",
                _K.LIST,
            ),
            _of(
                "weekly_digest",
                "Weekly digest",
                "Readers may choose a weekly digest instead of every issue.",
                _K.SWITCH,
                default=False,
            ),
            _of(
                "leaving_reasons",
                "Reasons for leaving",
                "What the page offers after unsubscribing, one in each line.",
                _K.LIST,
                usual="often, interest, time, unasked, other",
            ),
            _of("database", "Database", "Of readers and sends.", usual="newsletter.db beside newsletter.toml"),
        ),
    ),
    SettingGroup(
        slug="approval",
        title="Approval",
        help="Whether issues need somebody’s approval before they are sent.",
        table="approval",
        fields=_in(
            "approval",
            _of("required", "Approval required", "", _K.SWITCH, default=False),
            _of("approvals", "Approvals needed", "", _K.WHOLE, usual="1"),
            _of(
                "own_changes",
                "Own changes",
                "People may approve what only they have changed.",
                _K.SWITCH,
                default=False,
            ),
            _of(
                "remind_at",
                "Remind at",
                "The local time at which publishers get mail if tomorrow’s issue isn’t approved.",
            ),
        ),
    ),
    SettingGroup(
        slug="sending",
        title="Sending",
        help="Rate limits and times. They apply to all sends together.",
        table="sending",
        fields=_in(
            "sending",
            _of("per_second", "Most messages per second", "", _K.NUMBER, usual="the provider’s limit"),
            _of("per_day", "Most messages in 24 hours", "", _K.WHOLE, usual="the provider’s limit"),
            _of(
                "warm_up",
                "Warm-up",
                "The most messages on each of the first days, one number in each line.",
                _K.NUMBERS,
            ),
            _of("quiet", "Quiet hours", "Hours in which nothing is sent: 22:00-06:00."),
            _of("deadline", "Deadline in hours", "How late a scheduled send may begin.", _K.NUMBER, usual="6"),
            _of(
                "uncertain",
                "Uncertain messages",
                "Those that may or may not have arrived: hold them, or resend them.",
                _K.CHOICE,
                default="hold",
                choices=("hold", "resend"),
            ),
        ),
    ),
    SettingGroup(
        slug="notify",
        title="Notifications",
        help="Mail about scheduled sends and held bounces.",
        table="notify",
        fields=_in("notify", _of("addresses", "Addresses", "One in each line.", _K.LIST)),
    ),
    SettingGroup(
        slug="tailored",
        title="Tailored issues",
        help="Each reader gets the entries whose topics they follow. An issue can override each of these.",
        table="tailored",
        fields=_in(
            "tailored",
            _of("always", "Tailor every issue", "", _K.SWITCH, default=False),
            _of("minimum", "Fewest entries", "", _K.WHOLE, usual="none"),
            _of("maximum", "Most entries", "", _K.WHOLE, usual="none"),
            _of(
                "otherwise",
                "Readers whose topics match nothing",
                "They get the full issue, or none.",
                _K.CHOICE,
                default="full",
                choices=("full", "skip"),
            ),
        ),
    ),
    SettingGroup(
        slug="theme",
        title="Theme",
        help="The look of issues.",
        table="theme",
        fields=_in(
            "theme",
            _of("name", "Theme", usual="default"),
            _of("logo", "Logo", "An https address of a picture for the header."),
            _of("logo_dark", "Logo for dark mode"),
            _of("logo_alt", "Alternative text of the logo", usual="the newsletter’s name"),
            _of("logo_width", "Width of the logo in pixels", "", _K.WHOLE, usual="160"),
            _of("colors", "Colours", "A name and a colour in each line: accent = #7a1f2b.", _K.TABLE),
            _of("dark_colors", "Colours for dark mode", "", _K.TABLE),
            _of("fonts", "Fonts", "", _K.TABLE),
            _of("labels", "Labels", "The theme’s own words: more = Read on at.", _K.TABLE),
            _of("options", "Options", "contents = false", _K.TABLE),
        ),
    ),
    SettingGroup(
        slug="counting",
        title="Counting",
        help="Clicks and opens. Individual counts are personal data.",
        table="counting",
        fields=_in(
            "counting",
            _of("clicks", "Clicks", "", _K.CHOICE, default="off", choices=_LEVELS),
            _of("opens", "Opens", "", _K.CHOICE, default="off", choices=_LEVELS),
            _of("scanners", "Scanners", "Networks whose clicks count as a machine’s, one in each line.", _K.LIST),
            _of("utm_source", "utm_source", "Added to links to other sites, if it isn’t empty."),
            _of("utm_medium", "utm_medium", usual="email"),
        ),
    ),
    SettingGroup(
        slug="feedback",
        title="Bounces",
        table="feedback",
        fields=_in(
            "feedback",
            _of("return_path", "Bounces go to", usual="the sender’s address"),
            _of("mailbox", "Mailbox", "That bounces are read from: a folder, or imaps://user@host/folder."),
            _of("unsubscribe_mail", "Unsubscribe address", usual="where bounces go"),
            _of("soft_bounces", "Soft bounces", "In a row, after which an address is suppressed.", _K.WHOLE, usual="7"),
            _of("keep_days", "Days to keep events", "", _K.WHOLE, usual="365"),
        ),
    ),
    SettingGroup(
        slug="welcome",
        title="New readers",
        table="welcome",
        fields=_in(
            "welcome",
            _of(
                "mail",
                "Welcome mail",
                "With the latest issue, after the sign-up was confirmed.",
                _K.SWITCH,
                default=True,
            ),
        ),
    ),
    SettingGroup(
        slug="studio",
        title="Studio",
        table="studio",
        fields=_in(
            "studio",
            _of("reminder", "Remind of tomorrow’s issue from", usual="12:00"),
            _of("proof_to", "Proofs go to", "Addresses of members of staff, one in each line.", _K.LIST),
            _of("sync", "Exchange commits with the remote", "", _K.SWITCH, default=True),
            _of("quiet_minutes", "Quiet minutes before a commit", "", _K.NUMBER, usual="5"),
            _of("committer", "Committer", usual="Newsletter studio <studio@localhost>"),
            _of(
                "hooks",
                "Run the repository’s hooks",
                "They are programs, so only trust your own.",
                _K.SWITCH,
                default=False,
            ),
            _of("host", "Host name", "Under which people sign in."),
        ),
    ),
    SettingGroup(
        slug="images",
        title="Pictures",
        help="A bucket that your own pictures are published in. Without one, the readers’ pages serve them.",
        table="images",
        fields=_in(
            "images",
            _of("bucket", "Bucket"),
            _of("url", "Public address", "Of the bucket, or of the CDN in front of it."),
            _of("prefix", "Folder", "pictures/"),
            _of("region", "Region", usual="AWS_REGION"),
            _of("endpoint_url", "Other service’s address"),
        ),
    ),
    SettingGroup(
        slug="serving",
        title="Serving",
        table="serving",
        fields=_in(
            "serving",
            _of("proxies", "Proxies", "Addresses or networks of your own proxies, one in each line.", _K.LIST),
        ),
    ),
    SettingGroup(
        slug="provider",
        title="Provider",
        help="The service that delivers the messages. Passwords are in the server’s environment, never here.",
        table="provider",
        fields=_in("provider", _of("name", "Provider", "outbox, smtp or ses", usual="outbox")),
    ),
)
