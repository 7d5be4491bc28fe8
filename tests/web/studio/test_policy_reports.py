"""The collector of reports, which ``running_studio`` expects to stay empty in every test, receives them."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.running_studio import listening_studio


def test_an_inline_style_is_reported(browser: Browser, tmp_path: Path) -> None:
    write_newsletter(tmp_path)
    with pytest.raises(AssertionError) as reported, listening_studio(tmp_path) as studio:  # noqa: PT012
        page = browser.new_page()
        page.goto(studio.door)
        with page.expect_request("**/policy-reports") as sent:
            page.evaluate("document.body.setAttribute('style', 'color: red')")
        sent.value.response()
        page.close()
    assert "style-src-attr" in str(reported.value)
