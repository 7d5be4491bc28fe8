"""Clipboards of Word, Google Docs and web pages become clean Markdown, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.studio.modules import ORIGIN, call, open_modules

PASTED = Path(__file__).parent / "pasted"
CLEANED = {
    "word": [
        *("1 picture left out", "1 heading made bold", "1 link with tracking"),
        *("1 soft hyphen", "4 no-break spaces"),
    ],
    "google-docs": [
        *("1 redirect in a link", "1 link with tracking"),
        *("1 line separator", "1 invisible character", "1 no-break space"),
    ],
    "web": ["1 picture left out", "1 heading made bold", "1 no-break space", "1 link with tracking"],
}


@pytest.mark.parametrize("sample", sorted(CLEANED))
def test_samples_become_clean_markdown(page: Page, sample: str) -> None:
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    open_modules(page)
    html = (PASTED / f"{sample}.html").read_text(encoding="utf-8")
    result = call(page, "pasting.js", "markdownOf", html)
    assert result["markdown"] + "\n" == (PASTED / f"{sample}.md").read_text(encoding="utf-8")
    assert result["cleaned"] == CLEANED[sample]
    assert logged == []  # its styles are no breach of the page's policy


def test_text_is_cleaned_by_rule(page: Page) -> None:
    open_modules(page)

    def clean(text: str, quotes: str = "keep") -> tuple[str, list[str]]:
        result = call(page, "pasting.js", "plainTextOf", text, {"quotes": quotes})
        return result["markdown"], result["cleaned"]

    assert clean("“It’s” here") == ("“It’s” here", [])
    straightened = ["2 curly quotation marks", "1 curly apostrophe or single quotation mark"]
    assert clean("“It’s” here", "straight") == ('"It\'s" here', straightened)
    assert clean("„Es ist“, sagt’s", "straight") == ("„Es ist“, sagt’s", [])  # “ closes in German
    assert clean("5\u00a0km .\u00a0.\u00a0.") == ("5 km . . .", ["3 no-break spaces"])
    assert clean("«\u00a0Oui\u202f!\u00a0»") == ("«\u00a0Oui\u202f!\u00a0»", [])
    assert clean("a\u200bb\u00adc\ufeff\u202e") == ("abc", ["1 soft hyphen", "3 invisible characters"])
    assert clean("می\u200cخواهم 👩\u200d🚀 a\u200db") == ("می\u200cخواهم 👩\u200d🚀 ab", ["1 invisible character"])
    assert clean("e\u0301ﬁn\r\nend\u0007") == ("éfin\nend", ["1 control character", "1 typewriter ligature"])
    url = "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1%26fbclid%3Dx&h=AT0"
    assert clean(f"({url})") == ("(https://example.org/a?b=1)", ["1 redirect in a link", "1 link with tracking"])
    assert clean("https://example.org/a?q=%20x&utm_x") == (
        "https://example.org/a?q=+x",
        ["1 link with tracking"],
    )
    assert clean("https://example.org/a?q=%20x") == ("https://example.org/a?q=%20x", [])


def test_a_paste_can_be_undone_and_says_what_it_cleaned(page: Page) -> None:
    open_modules(
        page, "<textarea data-markdown aria-label=Framing>Before. </textarea><input data-clean aria-label=Title>"
    )
    page.evaluate(
        """async (module) => {
            const { paste } = await import(module);
            document.addEventListener("paste", paste);
            window.notes = [];
            document.addEventListener("pasted", (event) => window.notes.push(event.detail));
            window.pasteInto = (field, html, text) => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                if (html) data.setData("text/html", html);
                field.focus();
                field.setSelectionRange(field.value.length, field.value.length);
                const init = { clipboardData: data, bubbles: true, cancelable: true };
                return field.dispatchEvent(new ClipboardEvent("paste", init));
            };
        }""",
        f"{ORIGIN}/studio/pasting.js",
    )
    field, title = page.get_by_label("Framing"), page.get_by_label("Title")
    field.evaluate("field => pasteInto(field, '<p>An <i>odd</i> word.</p>', 'An odd word.')")
    assert field.input_value() == "Before. An *odd* word."
    field.press("Control+z")
    assert field.input_value() == "Before. "
    title.evaluate("field => pasteInto(field, '<b>Night</b>', 'Night\\u00a0\\ntrain')")
    assert title.input_value() == "Night train"
    assert page.evaluate("notes.map(({cleaned, original}) => [cleaned, original])") == [
        [[], "An odd word."],
        [["1 no-break space"], "Night\u00a0\ntrain"],
    ]
    # What needs no cleaning, and code, is pasted by the browser itself.
    assert field.evaluate("field => pasteInto(field, '<p>same</p>', 'same')") is True
    code = '<div style="color: #333; white-space: pre;"><div>*kept*</div></div>'
    assert field.evaluate("(field, code) => pasteInto(field, code, '*kept*')", code) is True


def test_a_field_says_what_was_cleaned_and_can_take_it_back(page: Page) -> None:
    fields = "<textarea aria-label=Framing></textarea><div class=notes></div><p id=announcements></p>"
    open_modules(page, f"<form data-autosave>{fields}</form>")
    call(page, "pasting.js", "startPasting")
    page.get_by_label("Framing").evaluate(
        """field => {
            const data = new DataTransfer();
            data.setData("text/plain", "A\\u00a0co\\u00adoperative");
            field.focus();
            field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_label("Framing")).to_have_value("A cooperative")
    expect(page.locator(".notes")).to_contain_text("Cleaned: 1 soft hyphen, 1 no-break space.")
    page.get_by_role("button", name="Paste it as it was").click()
    expect(page.get_by_label("Framing")).to_have_value("A\u00a0co\u00adoperative")


def test_hostile_clipboards_run_nothing(page: Page) -> None:
    from tests.web.preview.test_scripts_from_outside import PAYLOADS

    open_modules(page)
    ran: list[str] = []
    page.expose_function("ran", lambda name: ran.append(name))
    for payload in PAYLOADS:
        call(page, "pasting.js", "markdownOf", f"<p>{payload}</p>")
    assert ran == []
