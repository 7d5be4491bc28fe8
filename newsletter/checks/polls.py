"""Checks of polls: counting, the number of answers, and answers that are almost the same."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from newsletter.checks.lines import same_letters
from newsletter.checks.rules import make_finding
from newsletter.domain.edition import tailoring_of
from newsletter.domain.issue import Issue
from newsletter.domain.item_positions import placed_items
from newsletter.domain.publication import Newsletter
from newsletter.domain.tracking import TrackingLevel
from newsletter.errors import Finding
from newsletter.message.prose import VoteLink, addressed_texts, vote_links


def poll_findings(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield findings about an issue's poll."""
    polls = [poll for addressed in addressed_texts(issue) if (poll := vote_links(addressed))]
    links = [link for poll in polls for link in poll]
    if not links:
        return
    if newsletter.counting.clicks is TrackingLevel.OFF:
        yield make_finding(
            "poll-uncounted", links[0].place, "the issue has a poll, but newsletter.toml doesn't count clicks"
        )
    if len({link.answer for link in links}) == 1:
        yield make_finding("poll-single", links[0].place, f'the poll has only the answer "{links[0].answer}"')
    for poll in polls[1:]:
        if {link.answer for link in poll} != {link.answer for link in polls[0]}:
            yield make_finding("poll-second", poll[0].place, "the issue has a second poll")
    yield from _alike(links)
    yield from _not_for_all(issue, newsletter)


def _not_for_all(issue: Issue, newsletter: Newsletter) -> Iterator[Finding]:
    """Yield polls in blocks that not every edition of a tailored issue has."""
    if tailoring_of(issue, newsletter) is None:
        return
    places = {item.place("text") for item, positions in placed_items(issue) if positions}
    for addressed in addressed_texts(issue):
        links = vote_links(addressed) if addressed.place in places else ()
        if links:
            yield make_finding("poll-tailored", links[0].place, "not every edition of the issue has this poll")


def _alike(links: Sequence[VoteLink]) -> Iterator[Finding]:
    for first, second in combinations({link.answer: link for link in links}.values(), 2):
        if same_letters(first.answer, second.answer):
            what = f'the answers "{first.answer}" and "{second.answer}" are almost the same'
            yield make_finding("poll-alike", second.place, what)
    texts: dict[str, VoteLink] = {}
    for link in links:
        before = texts.setdefault(link.answer, link)
        if not same_letters(before.words, link.words):
            what = f'the links "{before.words}" and "{link.words}" both vote for "{link.answer}"'
            yield make_finding("poll-alike", link.place, what)
    for link in links:
        named = next((other.answer for other in links if same_letters(other.answer, link.words)), link.answer)
        if not same_letters(named, link.answer):
            what = f'the link "{link.words}" votes for "{link.answer}" and not for "{named}"'
            yield make_finding("poll-alike", link.place, what)
