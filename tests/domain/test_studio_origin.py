"""The address of a studio with accounts."""

import pytest

from newsletter.domain.studio_origin import studio_origin


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("studio.example.org", "https://studio.example.org"),
        (" Studio.Example.ORG ", "https://studio.example.org"),
        ("studio.example.org:8443", "https://studio.example.org:8443"),
        ("studio.example.org:443", "https://studio.example.org"),
        ("localhost", "http://localhost:8027"),
        ("localhost:9000", "http://localhost:9000"),
    ],
)
def test_a_host_name_gives_the_origin_that_browsers_see(host: str, origin: str) -> None:
    assert studio_origin(host) == origin


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("https://studio.example.org", "host name"),
        ("studio.example.org/", "host name"),
        ("stu..dio.org", "host name"),
        ("", "host name"),
        ("studio example", "host name"),
        ("[::1]", "host name"),
        ("127.0.0.1", "not an IP address"),
        ("127.0.0.1:8027", "not an IP address"),
        ("studio", "whole host name"),
    ],
)
def test_anything_else_is_refused_with_the_reason(host: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        studio_origin(host)
