"""If-None-Match names the versions of a page that a client has, weak or strong."""

import pytest

from newsletter.web.http.etags import has_version


@pytest.mark.parametrize(
    ("sent", "known"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ('"b","a"', True),
        ('"b"', False),
        ('"ab"', False),
        ("a", False),
        ("", False),
    ],
)
def test_a_version_is_known_if_it_is_one_of_those_named(sent: str, known: bool) -> None:
    assert has_version({"if-none-match": sent}, '"a"') is known


def test_a_client_that_names_no_version_has_none() -> None:
    assert has_version({}, '"a"') is False
