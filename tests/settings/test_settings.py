"""newsletter.toml: the values it is read into, and the errors about mistakes in it."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from newsletter import settings
from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import Uncertainty
from newsletter.domain.pictures import BucketSettings
from newsletter.domain.quiet_hours import QuietHours
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.reader_rules import AnyOf, JoinedSince, parts_of
from newsletter.domain.reviews import ApprovalRules
from newsletter.domain.skeletons import Skeleton, SkeletonSection
from newsletter.errors import FindingsError, SettingsError
from newsletter.rendering import load_theme
from newsletter.tokens import Purpose, Signer

GOOD = """\
name = "The Daily Test"
from = "The Daily Test <editors@news.example.org>"
postal_address = "1 Test Street"
base_url = "https://news.example.org/"
time_zone = "Europe/Berlin"

[provider]
name = "smtp"
host = "mail.example.org"

[theme.colors]
accent = "#123456"

[topics.asia]
name = "Asia"

[topics.afghanistan]
parent = "asia"

[segments.east]
name = "East"
any = ["Asia"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def complaint(root: Path, text: str) -> str:
    (root / "newsletter.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        settings.load(root)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("", ("en",)),
        ('language = "de-AT"', ("de-AT",)),
        ('languages = ["he"]', ("he",)),
        ('languages = ["de", "en"]', ("de", "en")),
        ('language = "DE"\nlanguages = ["de", "en"]', ("de", "en")),
    ],
)
def test_the_first_language_is_the_default(root: Path, text: str, languages: tuple[str, ...]) -> None:
    (root / "newsletter.toml").write_text(f"{text}\n{GOOD}", encoding="utf-8")
    newsletter = settings.load(root).newsletter
    assert (newsletter.languages, newsletter.language) == (languages, languages[0])


def test_labels_are_for_the_first_language_and_others_have_tables(root: Path) -> None:
    more = '[theme.labels]\nread_more = "On to {source}"\n[theme.labels.de]\nread_more = "Weiter bei {source}"\n'
    (root / "newsletter.toml").write_text(f'languages = ["en", "de-AT", "he"]\n{GOOD}\n{more}', encoding="utf-8")
    newsletter = settings.load(root).newsletter
    labels = {tag: newsletter.in_language(tag).theme.labels for tag in newsletter.languages}
    assert labels == {"en": {"read_more": "On to {source}"}, "de-AT": {"read_more": "Weiter bei {source}"}, "he": {}}
    assert newsletter.in_language("he").in_language("en").theme.labels == labels["en"]
    message = complaint(root, f"{GOOD}\n[theme.labels]\nread_more = 7\n")
    assert message.startswith(
        'newsletter.toml:25: "theme.labels.read_more" cannot be 7: write words in quotes, or a table'
    )


def test_the_documented_segments_can_be_used(root: Path) -> None:
    page = (Path(settings.__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[segments\..*?)```", page, re.DOTALL)
    more = 'attributes = ["plan"]\n'
    (root / "newsletter.toml").write_text(f'{more}{GOOD}\n[counting]\nclicks = "individual"\n{example}')
    assert [segment.where is None for segment in settings.load(root).segments.values()] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_the_documented_skeletons_can_be_used(root: Path) -> None:
    page = (Path(settings.__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[skeletons\..*?)```", page, re.DOTALL)
    (root / "newsletter.toml").write_text(f"{GOOD}\n{example}", encoding="utf-8")
    skeletons = settings.load(root).newsletter.skeletons
    assert skeletons["default"] == Skeleton(
        sections=(SkeletonSection(title="In brief"), SkeletonSection(title="The long read", limit=1)),
        entries=8,
        minutes=6,
    )
    assert skeletons["saturday"].deadline == time(7, 30)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[skeletons.friyay]", "write a weekday, or default for all others: [skeletons.monday]"),
        ('[skeletons.monday]\ndeadline = "7 am"', "write hours and minutes: 07:00"),
        ("[skeletons.monday]\nsections = [7]", "skeletons.monday.sections"),
        ('[skeletons.monday]\nsections = ["A", {title = "A", limit = 2}]', 'the section "A" is there twice'),
        ('[skeletons.monday]\nsections = [{title = "A", most = 2}]', "most"),
        ('[skeletons.monday]\nsegments = ["everyon"]', 'no segment "everyon": did you mean "everyone"?'),
    ],
)
def test_a_mistake_in_a_skeleton_is_reported(root: Path, table: str, message: str) -> None:
    assert message in complaint(root, f"{GOOD}\n{table}\n")


def test_the_documented_examples_of_the_theme_can_be_used(root: Path) -> None:
    page = (Path(settings.__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    examples = re.findall(r"`(\w+ = \{.*?\})`", page.partition("## `[theme]`")[2].partition("\n## ")[0])
    assert len(examples) >= 2
    file = root / "newsletter.toml"
    text = file.read_text().replace('[theme.colors]\naccent = "#123456"\n', "")
    file.write_text("\n".join((text, "[theme]", *examples, "")))
    theme = load_theme(root, settings.load(root).newsletter)
    assert (theme.colors["accent"], theme.options["contents"]) == ("#7a1f2b", False)


def test_the_studios_settings_are_read(root: Path) -> None:
    assert settings.load(root).studio == settings.StudioSettings()
    (root / "newsletter.toml").write_text(
        f'{GOOD}\n[studio]\nhooks = true\nsync = false\nquiet_minutes = 2\ncommitter = "Desk <desk@news.example.org>"\n'
    )
    assert settings.load(root).studio == settings.StudioSettings(
        hooks=True,
        sync=False,
        quiet=timedelta(minutes=2),
        committer=Mailbox(name="Desk", address="desk@news.example.org"),
    )


def test_the_rules_for_approval_are_read(root: Path) -> None:
    assert settings.load(root).approval == ApprovalRules(required=False, approvals=1, own_changes=False)
    table = '[approval]\nrequired = true\napprovals = 2\nown_changes = true\nremind_at = "18:30"\n'
    (root / "newsletter.toml").write_text(f'{GOOD}\n[studio]\nproof_to = ["ada@example.org"]\n{table}')
    loaded = settings.load(root)
    assert loaded.approval == ApprovalRules(required=True, approvals=2, own_changes=True, remind_at=time(18, 30))
    assert loaded.studio.proof_to == ("ada@example.org",)


def test_a_segments_rule_is_read_and_combined_with_its_topics(root: Path) -> None:
    rule = """where = 'language = "de" and attribute.plan present and joined >= 2026-01-01 or clicked "asia" >= 2'"""
    individual = f'{GOOD}{rule}\n[counting]\nclicks = "individual"\n'
    (root / "newsletter.toml").write_text(f'attributes = ["plan"]\n{individual}', encoding="utf-8")
    segment = settings.load(root).segments["east"]
    assert segment.any
    assert isinstance(segment.where, AnyOf)
    joined = next(part for part in parts_of(segment.where) if isinstance(part, JoinedSince))
    assert joined.at.isoformat() == "2026-01-01T00:00:00+01:00"


def test_the_settings_file_is_read_into_values(root: Path) -> None:
    loaded = settings.load(root)
    assert loaded.newsletter.sender == Mailbox(name="The Daily Test", address="editors@news.example.org")
    assert loaded.newsletter.base_url == "https://news.example.org"
    assert loaded.newsletter.theme.colors == {"accent": "#123456"}
    assert loaded.newsletter.topics.resolve("afghanistan").parent == "asia"
    assert (loaded.provider_name, loaded.provider) == ("smtp", {"host": "mail.example.org"})
    assert loaded.segments["east"].any == (frozenset({"asia", "afghanistan"}),)
    assert loaded.database == f"sqlite:///{root.resolve() / 'newsletter.db'}"


def test_the_sending_rate_is_unlimited_unless_set(root: Path) -> None:
    assert settings.load(root).sending == SendingSettings()
    text = """
[sending]
per_second = 14
per_day = 50_000
warm_up = [500, 1000]
quiet = "22:00-06:00"
deadline = 1.5
uncertain = "resend"
"""
    (root / "newsletter.toml").write_text(GOOD + text, encoding="utf-8")
    assert settings.load(root).sending == SendingSettings(
        per_second=14.0,
        per_day=50_000,
        warm_up=(500, 1000),
        quiet=QuietHours(start=time(22), end=time(6)),
        deadline=timedelta(minutes=90),
        uncertain=Uncertainty.RESEND,
    )


def test_the_words_and_picture_that_introduce_the_newsletter_are_read(root: Path) -> None:
    assert (settings.load(root).newsletter.description, settings.load(root).newsletter.welcome_mail) == ("", True)
    description = 'description = """\nOne long read\nfor the evening."""\n'
    text = description + 'frequency = "Every weekday at 7"\npicture = "a/lamp.png"\n'
    (root / "newsletter.toml").write_text(text + GOOD + "\n[welcome]\nmail = false\n", encoding="utf-8")
    newsletter = settings.load(root).newsletter
    assert newsletter.description == "One long read for the evening."
    assert (newsletter.frequency, newsletter.picture) == ("Every weekday at 7", "a/lamp.png")
    assert newsletter.welcome_mail is False


def test_those_words_may_be_given_in_other_languages(root: Path) -> None:
    text = 'languages = ["en", "de"]\ndescription = "One."\n' + GOOD + '[translations.de]\ndescription = "Eins."\n'
    (root / "newsletter.toml").write_text(text, encoding="utf-8")
    newsletter = settings.load(root).newsletter
    assert [newsletter.about(tag).description for tag in ("en", "DE", "fr")] == ["One.", "Eins.", "One."]
    assert newsletter.about("fr").language == "en"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('[translations.de]\ndescription = "Eins."', '"de" is not one of the newsletter\'s other languages'),
        (f'description = "{"x" * 301}"', "write at most 300 characters"),
        (f'frequency = "{"x" * 101}"', "write at most 100 characters"),
        ('description = "a\\u0007b"', "write text without control characters"),
        ('picture = "http://news.example.org/lamp.png"', "an https URL, or the name of a PNG"),
        ('picture = "../lamp.png"', "an https URL, or the name of a PNG"),
        ('picture = "/etc/lamp.png"', "an https URL, or the name of a PNG"),
        ('picture = "lamp.svg"', "an https URL, or the name of a PNG"),
        ('leaving_reasons = ["often", "often"]', 'write "often" once'),
        ('leaving_reasons = ["a", ""]', "item 2 of"),
        (f'leaving_reasons = ["{"x" * 61}"]', "write at most 60 characters"),
        ('leaving_reasons = ["1", "2", "3", "4", "5", "6", "7", "8", "9"]', "write at most 8 of them"),
        ("leaving_reasons = false", "write"),
        ("[welcome]\nmail = 1", "write true or false"),
    ],
)
def test_mistakes_in_them_are_explained(root: Path, line: str, expected: str) -> None:
    text = GOOD + line if line.startswith("[") else f"{line}\n{GOOD}"
    assert expected in complaint(root, text)


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("", ("often", "interest", "time", "unasked", "other")),
        ("leaving_reasons = []\n", ()),
        ('leaving_reasons = ["other", "  I moved  to the podcast"]\n', ("other", "I moved to the podcast")),
    ],
)
def test_the_reasons_for_leaving_are_the_programs_or_the_publishers(
    root: Path, line: str, reasons: tuple[str, ...]
) -> None:
    (root / "newsletter.toml").write_text(line + GOOD, encoding="utf-8")
    assert settings.load(root).newsletter.leaving_reasons == reasons


def test_an_international_domain_is_kept_in_its_ascii_form(root: Path) -> None:
    (root / "newsletter.toml").write_text(GOOD.replace("https://news.", "https://Nächste.news."), encoding="utf-8")
    assert settings.load(root).newsletter.base_url == "https://xn--nchste-bua.news.example.org"


def test_a_folder_below_the_newsletter_uses_its_settings(root: Path) -> None:
    below = root / "issues" / "entries"
    below.mkdir(parents=True)
    assert settings.load(below).root == root.resolve()


def test_a_folder_without_a_newsletter_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="use a newsletter's folder, or make one"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name = ", "nmae = ", 'newsletter.toml:1: unknown setting "nmae": did you mean "name"?'),
        ('postal_address = "1 Test Street"\n', "", 'newsletter.toml: "postal_address" is missing'),
        ("Europe/Berlin", "Europe/Berlim", "newsletter.toml:5: \"time_zone\" cannot be 'Europe/Berlim'"),
        ("https://news", "http://news", "newsletter.toml:4: "),
        ("editors@news.example.org", "editors", "newsletter.toml:2: "),
        ("editors@news", "дарья@news", "newsletter.toml:2: "),
        ("The Daily Test <", "=?utf-8?q?x?= <", "newsletter.toml:2: "),
        ('name = "Asia"', "name = 7", 'newsletter.toml:15: "topics.asia.name" cannot be 7'),
        ('parent = "asia"', 'parent = "asai"', 'newsletter.toml:18: no topic "asai": did you mean "asia"?'),
        ('name = "Asia"', 'parent = "afghanistan"', "newsletter.toml:15: the topics asia > afghanistan > asia"),
        ("[topics.asia]", "[topics.Asia]", "newsletter.toml:14: "),
        (
            'any = ["Asia"]',
            "",
            'newsletter.toml:20: the segment has no rule: add any, all, none or where, or use "everyone"',
        ),
        ("[segments.east]", "[segments.everyone]", 'newsletter.toml:20: "everyone" is built in'),
        ('name = "East"', 'nam = "East"', 'newsletter.toml:21: unknown setting "segments.east.nam"'),
        ("[provider]", "[provider", "newsletter.toml:7: ] is missing after the name of a table"),
        ("[provider]", "[tailored]\nalways = 1\n[provider]", 'newsletter.toml:8: "tailored.always" cannot be 1'),
        ("[provider]", "[tailored]\nminimum = -1\n[provider]", 'newsletter.toml:8: "tailored.minimum" cannot be -1'),
        ("[provider]", "[tailored]\nmaximum = 0\n[provider]", 'newsletter.toml:8: "tailored.maximum" cannot be 0'),
        ("[provider]", "[tailored]\notherwise = 'all'\n[provider]", 'newsletter.toml:8: "tailored.otherwise" cannot'),
        ("[provider]", "[sending]\nper_second = 0\n[provider]", 'newsletter.toml:8: "sending.per_second" cannot be 0'),
        (
            "[provider]",
            "[sending]\nper_second = inf\n[provider]",
            'newsletter.toml:8: "sending.per_second" cannot be inf',
        ),
        ("[provider]", "[sending]\nper_day = 0.5\n[provider]", 'newsletter.toml:8: "sending.per_day" cannot be 0.5'),
        (
            "[provider]",
            "[sending]\nwarm_up = [5, 0]\n[provider]",
            'newsletter.toml:8: item 2 of "sending.warm_up" cannot be 0',
        ),
        ("[provider]", "[sending]\n\ndeadline = 0\n[provider]", 'newsletter.toml:9: "sending.deadline" cannot be 0'),
        (
            "[provider]",
            "[sending]\ndeadline = true\n[provider]",
            'newsletter.toml:8: "sending.deadline" cannot be True',
        ),
        (
            "[provider]",
            "[sending]\nper_seconds = 14\n[provider]",
            'newsletter.toml:8: unknown setting "sending.per_seconds": did you mean "per_second"?',
        ),
        (
            "[provider]",
            "[counting]\nclick = 'aggregate'\n[provider]",
            'newsletter.toml:8: unknown setting "counting.click": did you mean "clicks"?',
        ),
        (
            "[provider]",
            "[feedback]\nkeep = 30\n[provider]",
            'newsletter.toml:8: unknown setting "feedback.keep": did you mean "keep_days"?',
        ),
        (
            "[provider]",
            "[sending]\nquiet = '22-6'\n[provider]",
            "newsletter.toml:8: \"sending.quiet\" cannot be '22-6': write quiet hours as 22:00-06:00",
        ),
        (
            "[provider]",
            "[sending]\nuncertain = 'drop'\n[provider]",
            'newsletter.toml:8: "sending.uncertain" cannot be \'drop\': write "hold" or "resend"',
        ),
        (
            "[provider]",
            "[tailored]\nmaximum = 2\nminimum = 3\n[provider]",
            "newsletter.toml:9: the minimum of 3 entries is higher than the maximum of 2: lower the minimum",
        ),
    ],
)
def test_a_wrong_setting_is_reported_with_line_and_hint(root: Path, old: str, new: str, message: str) -> None:
    assert complaint(root, GOOD.replace(old, new, 1)).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("https://news", "https://[news", "write a URL such as https://news.example.org"),
        ("https://news", "https://ne ws", "write a URL such as https://news.example.org"),
        (
            'name = "',
            'theme.options.short = 3\nname = "',
            "write true or false, or one of the theme's choices in quotes",
        ),
        ("example.org/", "example.org:99999/", "write a URL such as https://news.example.org"),
        ("name = ", 'language = "xx-yy-zz-qq"\nname = ', "write a language tag such as en, pt-BR or zh-Hant-TW"),
        ("name = ", 'languages = ["en", "German"]\nname = ', "item 2 of \"languages\" cannot be 'German'"),
        (
            "any = [",
            "where = 'language = de'\nany = [",
            'where, column 12: "de" is not in quotes: write "de"',
        ),
        ('any = ["Asia"]', "where = ''", "where, column 1: the rule is empty"),
        (
            'any = ["Asia"]',
            "where = 'clicked \"asia\"'",
            "where, column 9: clicks are not counted by reader",
        ),
        ("name = ", "languages = []\nname = ", "write at least 1 of them"),
        ("name = ", 'languages = ["en", "EN"]\nname = ', '"EN" is in languages twice: remove one'),
        (
            "name = ",
            'language = "de"\nlanguages = ["en", "de"]\nname = ',
            'language is "de", but languages begins with "en": put "de" first, or remove language',
        ),
        ("name = ", 'database = "news.db"\nname = ', 'write it as "sqlite:///newsletter.db" or "postgresql://'),
        ("The Daily Test <", "The Daily\\nTest <", "write a name without control characters"),
    ],
)
def test_a_plausible_but_wrong_value_is_refused_in_plain_words(root: Path, old: str, new: str, hint: str) -> None:
    assert f": {hint}" in complaint(root, GOOD.replace(old, new, 1))


@pytest.mark.parametrize(
    "value",
    [
        '"mysql://u:hunter2@h/x"',
        '"u:hunter2@h/x"',
        '"mysql://h/x?password=hunter2"',
        '["postgresql://u:hunter2@h/x"]',
        '{ url = "postgresql://u:hunter2@h/x" }',
    ],
)
def test_an_invalid_database_is_refused_without_printing_the_password(root: Path, value: str) -> None:
    message = complaint(root, f"database = {value}\n{GOOD}")
    assert message.startswith('newsletter.toml:1: "database" cannot be this value: write ')
    assert "hunter2" not in message


def test_all_mistakes_are_reported_at_once_in_order_of_line(root: Path) -> None:
    (root / "newsletter.toml").write_text(
        'name = 7\nform = "editors@example.org"\nbase_url = "x"\n[theme]\ncolours = {}\n', encoding="utf-8"
    )
    with pytest.raises(FindingsError) as caught:
        settings.load(root)
    messages = [str(each) for each in caught.value.findings]
    assert messages[0].startswith('newsletter.toml:1: "name" cannot be 7: ')
    assert messages[1] == 'newsletter.toml:2: unknown setting "form": did you mean "from"?'
    assert messages[2].startswith("newsletter.toml:3: \"base_url\" cannot be 'x': ")
    assert messages[3] == 'newsletter.toml:5: unknown setting "theme.colours": did you mean "colors"?'
    assert messages[4:] == ['newsletter.toml: "postal_address" is missing: docs/settings.md explains it']


def test_inconsistent_topics_and_segments_are_all_reported(root: Path) -> None:
    wrong = '[topics.a]\nparent = "b"\n[topics.b]\nparent = "c"\n[topics.c]\nparent = "b"\n[segments.d]\n'
    (root / "newsletter.toml").write_text(GOOD + wrong, encoding="utf-8")
    with pytest.raises(FindingsError) as caught:
        settings.load(root)
    assert [each.what for each in caught.value.findings] == [
        "the topics b > c > b form a circle",
        "the topics c > b > c form a circle",
        "the segment has no rule",
    ]


def test_pictures_are_served_by_the_pages_or_published_in_a_bucket(root: Path) -> None:
    (root / "newsletter.toml").write_text(GOOD, encoding="utf-8")
    own = settings.load(root)
    assert own.bucket is None
    assert own.newsletter.pictures_url == f"{own.newsletter.base_url}/images"
    table = '[images]\nbucket = "letters"\nurl = "https://cdn.example.org/"\nprefix = "/daily"\nregion = "eu-west-1"\n'
    assert "write it like pictures/" in complaint(root, GOOD + table)
    (root / "newsletter.toml").write_text(GOOD + table.replace("/daily", "daily"), encoding="utf-8")
    published = settings.load(root)
    assert published.newsletter.pictures_url == "https://cdn.example.org/daily"
    assert published.bucket == BucketSettings(
        bucket="letters", prefix="daily/", public_url="https://cdn.example.org/daily", region="eu-west-1"
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('bucket = "letters"', "[images] has no url"),
        ('url = "https://cdn.example.org"', "[images] has no bucket"),
        ('bucket = "My Bucket"', "write the bucket's name: 3 to 63"),
        ('bucket = "letters"\nurl = "http://cdn.example.org"', "use https"),
    ],
)
def test_a_bucket_needs_a_name_and_an_address(root: Path, line: str, what: str) -> None:
    assert what in complaint(root, f"{GOOD}[images]\n{line}\n")


def test_a_file_that_is_not_text_is_refused(root: Path) -> None:
    (root / "newsletter.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(FindingsError, match="UTF-8"):
        settings.load(root)


def test_an_unknown_segment_comes_with_a_suggestion(root: Path) -> None:
    with pytest.raises(settings.UnknownSegmentError, match='did you mean "east"'):
        settings.load(root).segment("esat")


@pytest.mark.parametrize("environment", [{}, {"NEWSLETTER_SECRET": "short"}, {"NEWSLETTER_SECRET": ""}])
def test_a_missing_or_short_secret_is_refused_without_showing_it(environment: dict[str, str]) -> None:
    with pytest.raises(settings.SigningSecretError, match="export NEWSLETTER_SECRET") as caught:
        settings.load_signer(environment)
    assert "short" not in str(caught.value).replace("is too short", "")


def test_a_guessable_secret_is_refused_except_as_an_earlier_one() -> None:
    weak, better = "ab" * 16, "a secret that nobody knows"
    with pytest.raises(settings.SigningSecretError, match=r"can be guessed.*openssl rand.*EARLIER_SECRETS") as caught:
        settings.load_signer({"NEWSLETTER_SECRET": weak})
    assert weak not in str(caught.value)
    token = Signer(better, weak).sign(Purpose.UNSUBSCRIBE, "2026-11-23", "ab" * 16)
    strong = settings.load_signer({"NEWSLETTER_SECRET": better, "NEWSLETTER_EARLIER_SECRETS": weak})
    assert strong.verify(Purpose.UNSUBSCRIBE, "2026-11-23", token) == "ab" * 16


def test_an_earlier_secret_still_opens_old_links() -> None:
    old, other = "0123456789-old-secret", "0123456789-other-secret"
    token = settings.load_signer({"NEWSLETTER_SECRET": old}).sign(Purpose.UNSUBSCRIBE, "2026-11-23", "ab" * 16)
    rotated = settings.load_signer(
        {"NEWSLETTER_SECRET": "0123456789-newer-secret", "NEWSLETTER_EARLIER_SECRETS": f"{other} {old}"}
    )
    assert rotated.verify(Purpose.UNSUBSCRIBE, "2026-11-23", token) == "ab" * 16
