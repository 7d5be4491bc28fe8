"""Stored cross-site scripting: content of an editor's files never runs in the preview."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.web.preview.running_preview import Listening, NewsletterFolder

PAYLOADS = [
    "<script>ran('script')</script>",
    "<img src=x onerror=\"ran('img')\">",
    "<svg onload=\"ran('svg')\"><animate onbegin=\"ran('animate')\" attributeName=x dur=1s></svg>",
    "\"><script>ran('attribute')</script>",
    "' autofocus onfocus=ran('single') x='",
    "\" autofocus onfocus=ran('double') x=\"",
    "</title><script>ran('title')</script>",
    "</style><script>ran('style')</script>",
    "</textarea></pre></code><script>ran('pre')</script>",
    "--><script>ran('comment')</script><!--",
    "<![endif]--><img src=x onerror=ran('conditional')>",
    "]]><script>ran('cdata')</script>",
    "<iframe srcdoc=\"<script>parent.ran('srcdoc')</script>\"></iframe>",
    "<iframe src=\"javascript:parent.ran('frame')\"></iframe>",
    "<object data=\"javascript:ran('object')\"></object>",
    "<a href=\"javascript:ran('link')\">x</a>",
    "[x](javascript:ran('markdown'))",
    "[x](javascript&colon;ran('entity'))",
    "![x](https://example.org/x.png\"onerror=\"ran('image'))",
    "<https://example.org/\"onmouseover=\"ran('autolink')>",
    "<details open ontoggle=ran('toggle')>",
    "<body onload=ran('body')>",
    "<meta http-equiv=refresh content=\"0;url=javascript:ran('refresh')\">",
    "<base href=\"javascript:ran('base')//\">",
    "<math><mtext><mglyph><style><img src=x onerror=ran('mathml')></style></mglyph></mtext></math>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><textarea><a id=\"</textarea><img onerror=ran('m') src=1>\">",
    "<noscript><p title=\"</noscript><img src=x onerror=ran('noscript')>\">",
    "{{ ''.__class__.__mro__ }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${ran('template')} `${ran('backtick')}`",
    "\\u003cscript\\u003eran('escape')\\u003c/script\\u003e",
]


@pytest.fixture
def ran(reading: Page) -> Iterator[list[str]]:
    """Record which payloads ran: each calls ``ran`` in its window or its parent's, or opens a dialog."""
    calls: list[str] = []

    def call(name: str) -> None:
        calls.append(name)

    reading.context.expose_function("ran", call)

    def closed(dialog: Dialog) -> None:
        calls.append(dialog.message)
        dialog.dismiss()

    reading.on("dialog", closed)
    yield calls
    assert calls == []


def _look_everywhere(page: Page, preview: Listening) -> None:
    issue = "/issues/2026-11-23"
    views = [issue, f"{issue}?mode=dark&width=375", f"{issue}?view=text", f"{issue}?view=source"]
    files = ["/files/issues/2026-11-23.md", "/files/issues/entries/night-train.md"]
    for path in ("/", *views, *files, f"{issue}/email"):
        page.goto(preview.base + path)
        page.wait_for_load_state("load")
        for frame in page.frames:
            elements = frame.locator("a, area, form, iframe, object, embed, base")
            targets = elements.evaluate_all("all => all.flatMap(e => [e.href, e.src, e.action, e.data])")
            assert [target for target in targets if str(target).strip().lower().startswith("javascript:")] == []
            assert frame.locator("meta[http-equiv=refresh i]").count() == 0


@pytest.mark.parametrize("at", range(0, len(PAYLOADS), 6))
def test_payloads_in_every_field_never_run(
    reading: Page, preview: Listening, folder: NewsletterFolder, ran: list[str], at: int
) -> None:
    payloads = PAYLOADS[at : at + 6]
    together = "".join(payloads)
    folder.entry(
        "night-train",
        title=together[:190],
        source=together[:190],
        author=together[:190],
        topics=[payload[:80] for payload in payloads],
        url="https://example.org/?" + together.replace(" ", "+")[:500],
        image="https://example.org/x.png?" + together.replace(" ", "+")[:200],
        image_alt=together[:190],
        body="\n\n".join(payloads) + "\n\n> " + "\n> ".join(payloads),
    )
    for number, payload in enumerate(payloads):
        folder.entry(f"one-{number}", title=payload, source=payload, body=payload)
    entries = ["night-train", *(f"one-{number}" for number in range(len(payloads)))]
    folder.issue("2026-11-23", *entries, subject=together[:300], preheader=together, note="\n\n".join(payloads))
    _look_everywhere(reading, preview)
    # And with fewer errors, so that the email is certainly rendered.
    plain = payloads[0].replace("{", "(")
    folder.entry("night-train", title=plain, source=plain, body="\n\n".join(payloads))
    folder.issue("2026-11-23", "night-train", subject=plain, preheader=plain, note=plain)
    reading.goto(f"{preview.base}/issues/2026-11-23")
    expect(reading.frame_locator("iframe.email").get_by_role("heading").first).to_be_visible()


def test_scripts_in_an_email_never_run_in_the_frame(reading: Page, preview: Listening, ran: list[str]) -> None:
    waiting = list(PAYLOADS)

    def hostile(route: Route) -> None:
        script = "<script>parent.ran('parent'); ran('own'); top.location='/'</script>here"
        route.fulfill(response=route.fetch(), body=f"<!doctype html><body>{waiting.pop()}{script}")

    reading.route("**/email?version=*", hostile)
    reading.goto(f"{preview.base}/issues/2026-11-23")
    expect(reading.locator("iframe.email")).to_have_count(1)
    while waiting:
        reading.locator("iframe.email").evaluate(_LOAD_AGAIN)
        assert reading.url == f"{preview.base}/issues/2026-11-23"


_LOAD_AGAIN = """frame => new Promise(loaded => {
  frame.addEventListener("load", loaded, {once: true});
  frame.src = frame.src;
})"""


def test_payloads_in_settings_and_file_names_never_run(
    reading: Page, preview: Listening, folder: NewsletterFolder, ran: list[str]
) -> None:
    text = (folder.root / "newsletter.toml").read_text(encoding="utf-8")
    hostile = text.replace('name = "The Daily Test"', "name = '''<img src=x onerror=ran(\"name\")>'''", 1)
    (folder.root / "newsletter.toml").write_text(hostile, encoding="utf-8")
    (folder.root / "issues/<img src=x onerror=ran('file')>.md").write_text("---\ndate: x\n---\n", encoding="utf-8")
    (folder.root / "issues/entries/\"><script>ran('file')<.md").write_text("---\n", encoding="utf-8")
    _look_everywhere(reading, preview)
    reading.goto(preview.base)
    expect(reading.get_by_role("heading", name="<img src=x")).to_be_visible()
