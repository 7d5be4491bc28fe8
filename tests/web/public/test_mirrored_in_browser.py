"""The pages of an Arabic newsletter in a real Chromium: mirrored, narrow enough, accessible."""

import re
from pathlib import Path

from playwright.sync_api import Browser, Route

from tests.web.axe import violations
from tests.web.public.every_page import EveryPage, newsletter_in

WIDTH = 320
LOOKED_AT = {"front", "issue", "subscribe, wrong", "preferences", "unsubscribed"}  # more closely
_ASTRAY = """() => {
  const right = document.querySelector('main').getBoundingClientRect().right;
  return [...document.querySelectorAll('main > h1, main > form > p > label:first-child, main legend')]
    .filter(element => Math.abs(element.getClientRects()[0].right - right) > 1).map(element => element.outerHTML);
}"""  # the headings and labels that don't begin at the right edge


def test_pages_in_arabic_are_mirrored_and_fit_a_small_phone(browser: Browser, tmp_path: Path) -> None:
    with newsletter_in(tmp_path, "ar") as pages:
        visited, css = EveryPage(pages).pages, pages.site.pages.css
    context = browser.new_context(viewport={"width": WIDTH, "height": 700})
    page = context.new_page()

    def abort(route: Route) -> None:
        route.abort()

    page.route("**/*", abort)
    for name, html in visited.items():
        if "<html" not in html or name == "browser":
            continue
        page.set_content(re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: f"<style>{css}</style>", html))
        page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, name
        assert page.evaluate(_ASTRAY) == [], name
        if name in LOOKED_AT:
            assert violations(page, script=True) == [], name
    context.close()
