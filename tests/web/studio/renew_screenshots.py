"""Screenshots of every page of the studio: 375, 768 and 1280 px wide, light and dark, empty, typical, full and broken.

``python -m tests.web.studio.renew_screenshots [NAME…]`` draws them into ``.screenshots``, with a contact sheet for each
page and state, and those that the documents show into ``docs/images/studio``. Names of pages or states limit it to
these. The time, the newsletters and their git histories are always the same; the fonts are those of the machine.
"""

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from newsletter.domain.people import Role
from tests.browser import launched
from tests.rendering.renew_gallery import side_by_side, with_stand_ins
from tests.web.axe import violations
from tests.web.preview.running_preview import Listening
from tests.web.studio import send_stages
from tests.web.studio.captured_pages import CapturedPages, captured_pages
from tests.web.studio.running_studio import listening_studio
from tests.web.studio.screenshot_newsletters import ENTRY, NOW, STATES, TOMORROW, piece_page
from tests.web.studio.screenshot_readers import HOSTILE_FILE, SAMPLE_FILE, reader_key, upload
from tests.web.studio.signed_in import HostedStudio, hosted_studio
from tests.web.studio.team_newsletters import fill_team

ROOT = Path(__file__).parents[3]
ALL = ROOT / ".screenshots"
SHOWN = ROOT / "docs" / "images" / "studio"
WIDTHS = {375: 780, 768: 1024, 1280: 860}  # and the window's height
HIGHEST = 2.5  # windows; a longer page is cut off
SETTLED_MS = 700  # after its scripts run, a page counts findings and readers, and draws the email
QUALITY = 82
DOOR = "http://127.0.0.1:8027"  # what pages show instead of the address of the moment
FONTS = "**/basics.css", "**/email?*"  # the files with fonts that this machine may not have

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A newsletter's studio in a state, a server of pages to capture, and the newsletter's folder.

    ``team`` starts the same newsletter's studio for a team, when it is first called.
    """

    state: str
    root: Path
    studio: Listening
    pages: CapturedPages
    team: Callable[[], HostedStudio]

    def piece(self, *, missing: bool = False) -> str:
        """Return what a share sheet sends: a piece that can be read, or one that is ``missing``."""
        return self.pages.url("/gone" if missing else "/meridian-review/night-train")


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A page of the studio: its path, and what is done there before the picture is taken.

    A path that is empty says that the page doesn't exist in that state. Without ``scripts`` the page has plain forms.
    A page of the team's studio has a ``visitor``: a role, or OUTSIDER. ``others`` are there as well, each on a page.
    """

    path: Callable[[Scene], str]
    act: Callable[[Page, Scene], None] = lambda page, scene: None
    scripts: bool = True
    visitor: Role | str = ""
    others: Mapping[Role, Callable[[Scene], str]] = field(default_factory=dict)


OUTSIDER = "outsider"


def _entry(scene: Scene) -> str:
    return {"empty": "", "full": "piece-003", "broken": "no-source"}.get(scene.state, ENTRY)


def _entry_path(scene: Scene) -> str:
    return f"/entries/{_entry(scene)}" if _entry(scene) else ""


def _issue_path(scene: Scene) -> str:
    return {"empty": "", "broken": "/issues/2026-11-24"}.get(scene.state, f"/issues/{TOMORROW}")


def _history_path(scene: Scene) -> str:
    slug = {"full": "piece-001"}.get(scene.state, ENTRY)
    return "" if scene.state in ("empty", "broken") else f"/history/issues/entries/{slug}.md"


def _text_path(scene: Scene) -> str:
    file = {
        "empty": "",
        "typical": f"issues/{TOMORROW}.md",
        "full": "issues/entries/piece-003.md",
        "broken": "issues/entries/listening-to-bridges.md",
    }[scene.state]
    return f"/text/{file}" if file else ""


def _report_path(scene: Scene) -> str:
    return "" if scene.state == "empty" else "/issues/2026-11-21/report"


def _capture_path(scene: Scene) -> str:
    if scene.state == "empty":
        return "/capture"
    words = {
        "title": "The quiet return of the night train",
        "text": "You lie down in one language and sit up in another.",
    }
    return f"/share?{urlencode({'url': scene.piece(missing=scene.state == 'broken'), **words})}"


def _read(page: Page, scene: Scene) -> None:
    """Wait until the page that is captured has been read, or couldn't be."""
    if scene.state != "empty":
        expect(page.locator("#found")).not_to_be_empty(timeout=20_000)


def _only(state: str, path: Callable[[Scene], str]) -> Callable[[Scene], str]:
    return lambda scene: path(scene) if scene.state == state else ""


def _contradict(page: Page, scene: Scene) -> None:
    """Type a subject while somebody else changes the file."""
    file = scene.root / f"issues/{TOMORROW}.md"
    text = file.read_text(encoding="utf-8")
    page.locator("#subject").fill("Night trains, tired bridges and a good deal of soil")
    file.write_text(text.replace("subject: Night trains, ", "subject: Sleepers, "), encoding="utf-8")
    expect(page.locator("#field-subject .conflict")).to_be_visible(timeout=20_000)
    file.write_text(text, encoding="utf-8")


def _find(page: Page, _scene: Scene) -> None:
    page.keyboard.press("Control+k")
    page.locator(".palette input").fill("night")
    page.wait_for_timeout(SETTLED_MS)


def _clicks(selector: str, *more: str) -> Callable[[Page, Scene], None]:
    """Return an act that clicks the first visible element of each selector, where there is one."""

    def act(page: Page, _scene: Scene) -> None:
        for wanted in (selector, *more):
            visible = page.locator(f"{wanted} >> visible=true")
            if visible.count():
                visible.first.click()
        page.wait_for_timeout(SETTLED_MS)

    return act


def _carry(page: Page, _scene: Scene) -> None:
    page.locator(".issue .item-title").nth(1).focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowDown")


def _quote(page: Page, _scene: Scene) -> None:
    page.locator("#piece-text").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")


def _save(page: Page, _scene: Scene) -> None:
    before = page.locator("#preheader").input_value()
    page.locator("#preheader").fill(before.removesuffix(".") if before.endswith(".") else f"{before}.")
    expect(page.locator("#status")).to_contain_text("Saved", timeout=20_000)


def _segment_path(scene: Scene) -> str:
    return {"broken": "", "full": "/segments/segment-007"}.get(scene.state, "/segments/city-history")


def _try_rule(page: Page, _scene: Scene) -> None:
    page.locator("#where").fill('langage = "de" and joined within 30 days')
    expect(page.locator("#tried .refusal")).to_be_visible(timeout=20_000)


_MISTAKEN = """
[sending]
quiet = "late"
per_day = 0

[counting]
clicks = "everything"
colour = "red"
"""


def _with_settings(more: str) -> Callable[[Page, Scene], None]:
    """Return an act that shows the page with more lines in newsletter.toml, which has its own again afterwards."""

    def act(page: Page, scene: Scene) -> None:
        file = scene.root / "newsletter.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text + more, encoding="utf-8")
        page.reload()
        page.wait_for_timeout(SETTLED_MS)
        page.context.set_offline(True)
        file.write_text(text, encoding="utf-8")

    return act


def _approve(page: Page, _scene: Scene) -> None:
    """Tick all warnings off, and approve the issue. Ada has changed it too: somebody else has to approve that."""
    while page.locator(".tick-off").count():
        number = page.locator(".tick-off").count()
        page.locator(".tick-off .control").first.fill("It is meant like that.")
        page.locator(".tick-off .button").first.click()
        expect(page.locator(".tick-off")).to_have_count(number - 1, timeout=20_000)
    if page.locator("#decision-title").inner_text() == "Not approved":
        page.locator("#note").fill("Lovely. The bridges are a good second piece.")
        page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#decision-title")).to_have_text("Approved in part", timeout=20_000)


def _here(path: Callable[[Scene], str], act: Callable[[Page, Scene], None]) -> Screen:
    return Screen(path=_only("typical", path), act=act)


def _stage(name: str, *, worker: bool = True) -> Callable[[Scene], str]:
    """Return a path function that puts tomorrow's send into a stage first."""

    def path(scene: Scene) -> str:
        if scene.state != "typical":
            return ""
        send_stages.put(scene.root, TOMORROW, name, worker=worker)
        return f"/issues/{TOMORROW}/send"

    return path


def _plain_send(scene: Scene) -> str:
    path = _stage("compared")(scene)
    return f"{path}?plan=yes" if path else ""


_OPENED = _clicks(".confirm > summary", ".later > summary")


def _reader_path(scene: Scene) -> str:
    key = reader_key(scene.root, "augusta")
    return f"/readers/{key}" if key else ""


def _import_path(scene: Scene) -> str:
    content = {"empty": "", "full": "email\n" + "".join(f"n{at}@example.org\n" for at in range(15_000))}
    return upload(scene.studio.base, {"broken": HOSTILE_FILE}.get(scene.state, content.get(scene.state, SAMPLE_FILE)))


def _import(page: Page, scene: Scene) -> None:
    assert page.viewport_size
    others = SAMPLE_FILE.replace("@", f"{page.viewport_size['width']}@")  # who aren't readers since the last picture
    page.goto(scene.studio.base + upload(scene.studio.base, others))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The uploaded file was deleted.")).to_be_visible(timeout=20_000)


def _search_readers(page: Page, _scene: Scene) -> None:
    page.locator("#reader-query").fill("lind")
    expect(page.locator(".reader-list")).to_contain_text("Lindqvist")


SCREENS = {
    "desk": Screen(path=lambda _: "/"),
    "links": Screen(path=lambda _: "/links"),
    "capture": Screen(path=_capture_path, act=_read),
    "bookmarklet": Screen(path=_only("typical", lambda _: "/bookmarklet")),
    "entries": Screen(path=lambda _: "/entries"),
    "entry": Screen(path=_entry_path),
    "compose": Screen(path=_issue_path),
    "conflict": Screen(path=_only("typical", lambda _: f"/issues/{TOMORROW}"), act=_contradict),
    "review": Screen(path=lambda scene: f"{_issue_path(scene)}/review" if _issue_path(scene) else ""),
    "approved": _here(lambda scene: f"{_issue_path(scene)}/review", _approve),
    "new-issue": Screen(path=lambda scene: "/issues" if scene.state in ("empty", "typical") else ""),
    "history": Screen(path=_history_path),
    "text": Screen(path=_text_path),
    "unreadable": Screen(path=_only("broken", lambda _: "/entries/listening-to-bridges")),
    "broken-theme": Screen(path=_only("broken", lambda _: "/issues/2026-11-22")),
    "keys": Screen(path=_only("typical", _issue_path), act=lambda page, _: page.keyboard.press("?")),
    "palette": Screen(path=_only("typical", lambda _: "/"), act=_find),
    "saved": _here(_issue_path, _save),
    "shelf-tab": _here(_issue_path, _clicks("#shelf-tab")),
    "preview-tab": _here(_issue_path, _clicks("#preview-tab", "#mode-dark")),
    "item-menu": _here(_issue_path, _clicks(".section .item .menu > summary")),
    "fields-menu": _here(_issue_path, _clicks("#more-fields > summary", "#picker > summary")),
    "override": _here(lambda scene: f"{_issue_path(scene)}?override={ENTRY}", lambda page, _: None),
    "carried": _here(_issue_path, _carry),
    "ticked": _here(lambda _: "/links", _clicks(".choose", ".put-off > summary")),
    "dropped": _here(lambda _: "/links", _clicks("[data-drop]")),
    "quoting": _here(_entry_path, _quote),
    "topics": _here(_entry_path, _clicks("#more > summary", "#topic-input")),
    "plain-entry": Screen(path=_only("typical", _entry_path), scripts=False),
    "plain-compose": Screen(path=_only("typical", _issue_path), scripts=False),
    "plain-review": Screen(path=_only("typical", lambda scene: f"{_issue_path(scene)}/review"), scripts=False),
    "plain-links": Screen(path=_only("typical", lambda _: "/links"), scripts=False),
    "reports": Screen(path=lambda _: "/reports"),
    "all-reports": Screen(path=_only("full", lambda _: "/reports?days=all")),
    "report": Screen(path=_report_path),
    "plain-reports": Screen(path=_only("typical", lambda _: "/reports?days=30"), scripts=False),
    "readers": Screen(path=lambda _: "/readers"),
    "reader": Screen(path=_reader_path),
    "reader-search": _here(lambda _: "/readers", _search_readers),
    "reader-nobody": _here(lambda _: "/readers?q=nobody%40example.org", lambda page, _: None),
    "readers-left": _here(lambda _: "/readers?list=suppressed", lambda page, _: None),
    "readers-waiting": _here(lambda _: "/readers?list=waiting", lambda page, _: None),
    "reader-erase": _here(_reader_path, _clicks(".danger > summary")),
    "reader-new": _here(lambda _: "/readers/new", lambda page, _: None),
    "readers-export": _here(lambda _: "/readers/export", lambda page, _: None),
    "readers-upload": Screen(path=lambda _: "/readers/import"),
    "readers-import": Screen(path=_import_path),
    "readers-imported": _here(lambda _: "/readers/import", _import),
    "plain-reader": Screen(path=_only("typical", _reader_path), scripts=False),
    "segment-list": Screen(path=lambda _: "/segments"),
    "segment": Screen(path=_segment_path),
    "segment-rule": _here(_segment_path, _try_rule),
    "topic-list": Screen(path=lambda _: "/topics?followers=yes"),
    "topic": Screen(path=lambda scene: "" if scene.state == "broken" else "/topics/music"),
    "topic-change": _here(lambda _: "/topics/music/change?kind=merge&into=arts", lambda page, _: None),
    "settings": Screen(path=lambda _: "/settings"),
    "settings-with-mistakes": _here(lambda _: "/settings", _with_settings(_MISTAKEN)),
    "settings-unreadable": _here(lambda _: "/settings", _with_settings("[topics\n")),
    "plain-segment": Screen(path=_only("typical", _segment_path), scripts=False),
    "missing": Screen(path=_only("typical", lambda _: "/entries/there-is-none")),
    "send": Screen(path=lambda _: "/send"),
    "send-without-worker": Screen(path=_stage("scheduled", worker=False), act=_OPENED),
    "send-scheduled": Screen(path=_stage("scheduled")),
    "send-counting": Screen(path=_stage("counting")),
    "send-failing": Screen(path=_stage("failing"), act=_OPENED),
    "send-sending": Screen(path=_stage("sending"), act=_OPENED),
    "send-paused": Screen(path=_stage("paused"), act=_OPENED),
    "send-failures": Screen(path=_stage("failures")),
    "send-sent": Screen(path=_stage("sent")),
    "send-cancelled": Screen(path=_stage("cancelled")),
    "send-compared": Screen(path=_stage("compared")),
    "people": Screen(path=lambda _: "/people", visitor=Role.ADMIN),
    "people-menu": Screen(
        path=_only("typical", lambda _: "/people"), act=_clicks(".person-card .menu > summary"), visitor=Role.ADMIN
    ),
    "audit": Screen(path=lambda _: "/people/audit", visitor=Role.ADMIN),
    "account": Screen(path=lambda _: "/account", visitor=Role.ADMIN),
    "new-passkey": Screen(path=_only("typical", lambda _: "/new-passkey"), visitor=Role.ADMIN),
    "sign-in": Screen(path=_only("typical", lambda _: "/sign-in"), visitor=OUTSIDER),
    "sign-in-link": Screen(path=_only("typical", lambda _: "/sign-in/link/secret"), visitor=OUTSIDER),
    "plain-sign-in": Screen(path=_only("typical", lambda _: "/sign-in"), visitor=OUTSIDER, scripts=False),
    "plain-people": Screen(path=_only("typical", lambda _: "/people"), visitor=Role.ADMIN, scripts=False),
    "plain-send": Screen(path=_plain_send, scripts=False),
    "presence": Screen(
        path=_only("typical", lambda scene: f"{_issue_path(scene)}/review"),
        act=_clicks("#presence > summary"),
        visitor=Role.EDITOR,
        others={Role.PUBLISHER: lambda scene: f"{_issue_path(scene)}/review", Role.WRITER: _entry_path},
    ),
}

# The pictures of the documents: state, page, width and scheme of each.
PICTURES: dict[str, tuple[tuple[str, str, int, Scheme], ...]] = {
    "compose": (("typical", "compose", 1280, "light"),),
    "desk": (("typical", "desk", 1280, "light"),),
    "links": (("typical", "links", 1280, "light"),),
    "entry": (("typical", "entry", 1280, "light"),),
    "readers": (("typical", "reader", 1280, "light"),),
    "history": (("typical", "history", 1280, "light"),),
    "review": (("typical", "review", 1280, "light"),),
    "segment": (("typical", "segment", 1280, "light"),),
    "topics": (("typical", "topic-list", 1280, "light"),),
    "settings": (("typical", "settings", 1280, "light"),),
    "conflict": (("typical", "conflict", 1280, "light"),),
    "send": (("typical", "send-compared", 1280, "light"),),
    "sending": (("typical", "send-counting", 1280, "light"), ("typical", "send-sending", 1280, "light")),
    "reports": (("typical", "reports", 1280, "light"),),
    "report": (("typical", "report", 1280, "light"),),
    "team": (("typical", "people", 1280, "light"),),
    "presence": (("typical", "presence", 1280, "light"),),
    "signing-in": (
        ("typical", "sign-in", 375, "light"),
        ("typical", "new-passkey", 375, "light"),
        ("typical", "account", 375, "dark"),
    ),
    "audit": (("typical", "audit", 1280, "light"),),
    "phone": (
        ("typical", "desk", 375, "dark"),
        ("typical", "capture", 375, "light"),
        ("typical", "compose", 375, "light"),
    ),
}


def renew(names: Iterable[str]) -> None:
    """Draw the screenshots of these pages and states; without names, all of them.

    Exit with a message if a page is wider than its window, so that it has to be scrolled sideways, or if axe finds a
    violation.
    """
    states = [state for state in STATES if state in names] or list(STATES)
    screens = [screen for screen in SCREENS if screen in names] or list(SCREENS)
    wrong: list[str] = []
    os.environ.setdefault("NEWSLETTER_SECRET", "the secret of a newsletter in pictures")
    with launched() as browser:
        for state in states:
            with scene(state) as at:
                for name in screens:
                    wrong += _draw(browser, at, name)
    for name, parts in PICTURES.items():
        if all(_file(*part).exists() for part in parts):
            _picture(name, [Image.open(_file(*part)) for part in parts])
    if wrong:
        sys.exit("\n".join(wrong))


@contextmanager
def scene(state: str) -> Iterator[Scene]:
    """Run the studio of the newsletter in a state."""
    with tempfile.TemporaryDirectory() as folder, captured_pages() as pages, ExitStack() as opened:
        root = Path(folder) / "lantern"
        root.mkdir()
        STATES[state](root)
        pages.pages["/meridian-review/night-train"] = piece_page()
        with listening_studio(root, clock=lambda: NOW, web_client=pages.client) as studio:
            yield Scene(
                state=state, root=root, studio=studio, pages=pages, team=cache(lambda: _open_team(opened, root, state))
            )


def _open_team(opened: ExitStack, root: Path, state: str) -> HostedStudio:
    hosted = opened.enter_context(hosted_studio(root, clock=lambda: NOW, people=()))
    fill_team(hosted.store, state, NOW)
    return hosted


def door(context: BrowserContext, scene: Scene, visitor: Role | str) -> str:
    """Let a browser in, and return the address of the studio that it may visit."""
    if not visitor:
        page = context.new_page()
        page.goto(f"{scene.studio.door}&findings=yes")  # which are counted before the page is shown
        page.close()
        return scene.studio.base
    hosted = scene.team()
    if visitor in set(Role):
        hosted.let_in(context, Role(visitor), secret=_session(hosted.origin, Role(visitor), hosted.sign_in))
    return hosted.origin


_sessions: dict[tuple[str, Role], str] = {}


def _session(origin: str, role: Role, sign_in: Callable[[Role], str]) -> str:
    """Return the secret of the one session that all pictures of a role share, so that each shows the same."""
    if (origin, role) not in _sessions:
        _sessions[origin, role] = sign_in(role)
    return _sessions[origin, role]


def _draw(browser: Browser, scene: Scene, name: str) -> list[str]:
    """Draw a page in all windows, and return what is wrong there."""
    path = SCREENS[name].path(scene)
    if not path:
        return []
    shots: list[Image.Image] = []
    wrong: list[str] = []
    for width in WIDTHS:
        context = _context(browser, width, scripts=SCREENS[name].scripts)
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        for files in FONTS:
            page.route(files, _with_stand_ins)
        base = door(context, scene, SCREENS[name].visitor)
        others = [_other(browser, scene, *other) for other in SCREENS[name].others.items()]
        page.goto(base + path)
        expect(page.locator("html.scripted")).to_have_count(1 if SCREENS[name].scripts else 0)
        page.wait_for_timeout(SETTLED_MS)
        SCREENS[name].act(page, scene)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{scene.state}/{name} is wider than {width}")
        shots += [_shot(page, scene, base, scheme, _file(scene.state, name, width, scheme)) for scheme in SCHEMES]
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found = violations(page, script=SCREENS[name].scripts)
            wrong += [f"{scene.state}/{name} at {width}, {scheme}: {rule}, {html}" for rule, html in found]
        for opened in (context, *others):
            opened.close()
    sheet = side_by_side(shots)
    sheet.resize((sheet.width // 2, sheet.height // 2), Image.Resampling.LANCZOS).save(
        ALL / "sheets" / f"{scene.state}-{name}.png"
    )
    return wrong


def _context(browser: Browser, width: int, *, scripts: bool) -> BrowserContext:
    return browser.new_context(
        java_script_enabled=scripts,
        viewport={"width": width, "height": WIDTHS[width]},
        has_touch=width < 1000,
        is_mobile=width < 1000,
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
    )


def _other(browser: Browser, scene: Scene, role: Role, path: Callable[[Scene], str]) -> BrowserContext:
    """Open the page of somebody else, and return their browser's context."""
    context = browser.new_context()
    context.new_page().goto(door(context, scene, role) + path(scene))
    return context


def _with_stand_ins(route: Route) -> None:
    """Answer with a file that names this machine's fonts."""
    answer = route.fetch()
    route.fulfill(response=answer, body=with_stand_ins(answer.text()))


def _shot(page: Page, scene: Scene, base: str, scheme: Scheme, file: Path) -> Image.Image:
    page.emulate_media(color_scheme=scheme)
    page.evaluate(_RENAMED, [[base, DOOR], [scene.pages.url(""), "https://example.org"]])
    page.wait_for_timeout(100)
    whole = page.locator(".sheet:popover-open, .sheet[open]").count() == 0  # a sheet is in the middle of the window
    image = Image.open(io.BytesIO(page.screenshot(full_page=whole, animations="disabled"))).convert("RGB")
    assert page.viewport_size
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    image = image.crop((0, 0, width, min(image.height, round(HIGHEST * height))))
    file.parent.mkdir(parents=True, exist_ok=True)
    (ALL / "sheets").mkdir(exist_ok=True)
    image.save(file)
    return image


# Replaces the addresses of the moment in texts and fields.
_RENAMED = """(pairs) => {
  const renamed = (text) => pairs.reduce((now, [from, to]) => now.replaceAll(from, to), text);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (renamed(text.data) !== text.data) text.data = renamed(text.data); // anything else would end a selection
  }
  scrollTo(0, 0);
  for (const field of document.querySelectorAll("input, textarea")) {
    if (renamed(field.value) !== field.value) field.value = renamed(field.value);
  }
}"""


def _file(state: str, name: str, width: int, scheme: Scheme) -> Path:
    return ALL / state / f"{name}-{width}-{scheme}.png"


def _picture(name: str, images: list[Image.Image]) -> None:
    windows = [image.crop((0, 0, image.width, min(image.height, WIDTHS[image.width]))) for image in images]
    SHOWN.mkdir(parents=True, exist_ok=True)
    side_by_side(windows).save(SHOWN / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    renew(sys.argv[1:])
