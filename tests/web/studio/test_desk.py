"""The desk: the next issues, and what waits."""

from playwright.sync_api import Page, expect

from tests.web.preview.running_preview import NewsletterFolder


def test_the_desk_lists_the_next_issues_and_follows_the_files(desk: Page, shared_folder: NewsletterFolder) -> None:
    expect(desk.locator(".card")).to_have_count(1)
    expect(desk.locator(".card")).to_contain_text("Mon 23 Nov 2026 today")
    shared_folder.issue("2026-11-24", "old-map", subject="A map of everything")
    expect(desk.get_by_role("link", name="A map of everything")).to_contain_text("tomorrow")
