"""Clean addresses: wrappers unpacked, tracking removed, everything that means something kept."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.capture import clean_url

PIECE = "https://example.org/2026/11/night-train"


@pytest.mark.parametrize(
    "url",
    [
        f"{PIECE}?utm_source=rss&utm_medium=feed",
        f"{PIECE}?fbclid=IwAR0&gclid=1&mc_eid=2&mc_cid=3&igshid=4",
        f"{PIECE}?at_medium=RSS&at_campaign=KARANGA",
        f"{PIECE}?UTM_Source=rss",
        f"{PIECE}?CMP=share_btn_tw",
        f"{PIECE}?WT.mc_id=a&ns_campaign=b&xtor=RSS-3208",
        f"{PIECE}?ref=rss&source=newsletter&via=twitter",
        f"{PIECE}?ref=slow-pendulum.example",
        f"{PIECE}?",
        f"{PIECE}#:~:text=Nobody%20knew",
        f"{PIECE}#utm_source=rss&utm_medium=feed",
        f"{PIECE}#xtor=RSS-1",
        f"  {PIECE}\n",
        f"<{PIECE}>",
        "https://EXAMPLE.org:443/2026/11/night-train",
        "https://www.google.com/url?sa=t&source=web&url=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&usg=AOv",
        "https://www.google.co.uk/url?q=https://example.org/2026/11/night-train&sa=D",
        "https://www.google.com/amp/s/example.org/2026/11/night-train",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train%3Ffbclid%3DIwAR&h=AT0",
        "https://lm.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&h=AT0",
        "https://l.instagram.com/?u=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&e=AT0",
        "https://out.reddit.com/t3_abc?url=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&token=AQAA&app_name=web",
        "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&data=05",
        "https://example-org.cdn.ampproject.org/c/s/example.org/2026/11/night-train",
        "https://example-org.cdn.ampproject.org/v/s/example.org/2026/11/night-train?usqp=mq331AQ&amp_js_v=0.1",
        "https://urldefense.com/v3/__https://example.org/2026/11/night-train__;!!AbC!dEf$",
        "https://urldefense.com/v3/__https:/example.org/2026*11/night-train__;Lw!!AbC!dEf$",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__example.org_2026_11_night-2Dtrain&d=DwMF",
        "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9leGFtcGxlLm9yZy8yMDI2LzExL25pZ2h0LXRyYWlu&ntb=1",
        "https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fexample.org%2f2026%2f11%2fnight-train/RK=2/RS=x-",
        "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&rut=1",
        "https://slack-redir.net/link?url=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train",
        "https://t.umblr.com/redirect?z=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train&t=MmE",
        "https://www.youtube.com/redirect?event=video_description&q=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train",
        "https://disq.us/url?url=https%3A%2F%2Fexample.org%2F2026%2F11%2Fnight-train%3AJ3kLmNoPqRsTuVwXyZ0123&cuid=1",
        "https://href.li/?https://example.org/2026/11/night-train",
        "https://example-org.translate.goog/2026/11/night-train?_x_tr_sl=auto&_x_tr_tl=en",
        (
            "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fexample.org"
            "%252F2026%252F11%252Fnight-train%253Futm_source%253Dx"
        ),
    ],
)
def test_an_address_with_tracking_or_a_wrapper_becomes_that_of_the_piece(url: str) -> None:
    assert clean_url(url) == PIECE


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/?p=123",
        "https://example.org/view?id=7&page=2&lang=de",
        "https://example.org/a?b=&c",  # empty values stay
        "https://example.org/a?z=1&a=2&z=3",  # the order stays
        "https://example.org/a?q=caf%C3%A9+noir%2Fx",  # the encoding stays
        "https://example.org/a?ref=main&source=archive&cid=42&via=ferry",
        "https://example.org/piece?unlocked_article_code=1.abc&accessToken=xyz",  # gift links
        "https://example.org/file?X-Amz-Signature=ab&X-Amz-Expires=60&utm_source=signed-too",
        "https://example.org/a?Expires=1&Signature=ab~cd&Key-Pair-Id=K",
        "https://example.org/#chapter-2",
        "https://example.org/#!/route/3?x=1",
        "https://www.google.com/search?q=https://example.org/",
        "https://www.google.com/maps/place/Somewhere",
        "https://web.archive.org/web/2020/https://example.org/a",
        "https://example.org/go?url=https%3A%2F%2Felsewhere.example%2F",  # an unknown site's own parameter
        "https://www.youtube.com/watch?v=abc&t=42s",
        "https://example.org//double//slashes/",
        "https://feeds.example.org/a;jsessionid=1?x",
    ],
)
def test_everything_that_means_something_stays(url: str) -> None:
    assert clean_url(url) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "mailto:ada@example.org", "javascript:alert(1)", "data:text/html,x", "ftp://example.org/"),
        *("https://", "https:///x", "https://user@example.org/", "http://[::1", "https://example.org:port/"),
        *("https://exa mple.org/", "https://example.org/a\u202eb"),
        "https://example.org/" + "x" * 3000,
    ],
)
def test_text_that_is_no_usable_address_stays_as_it_is(text: str) -> None:
    assert clean_url(text) == text


@pytest.mark.parametrize(
    "name",
    [
        *(
            "__hsfp",
            "__hssc",
            "__hstc",
            "__s",
            "_hsenc",
            "_openstat",
            "dclid",
            "fbclid",
            "gbraid",
            "gclid",
            "hsCtaTracking",
        ),
        *("igshid", "mc_eid", "ml_subscriber", "ml_subscriber_hash", "msclkid", "oft_c", "oly_anon_id", "oly_enc_id"),
        *("rb_clickid", "s_cid", "twclid", "vero_conv", "vero_id", "wbraid", "wickedid", "yclid", "unicorn_click_id"),
        *(
            "srsltid",
            "mkt_tok",
            "_bhlid",
            "_kx",
            "__cft__[0]",
            "__tn__",
            "mibextid",
            "elqTrackId",
            "_gl",
            "_ga",
            "gad_source",
        ),
        *(
            "utm_id",
            "pk_campaign",
            "mtm_source",
            "ns_mchannel",
            "itm_term",
            "spm",
            "trkCampaign",
            "guccounter",
            "WT.mc_ev",
        ),
    ],
)
def test_known_tracking_parameters_are_removed_and_their_neighbours_stay(name: str) -> None:
    assert clean_url(f"{PIECE}?id=7&{name}=a%20b&page=2") == f"{PIECE}?id=7&page=2"


def test_a_wrapper_around_something_else_stays() -> None:
    for inner in ("javascript:alert(1)", "data:text/html,x", "//example.org", "x", ""):
        url = f"https://www.google.com/url?q={inner}"
        assert clean_url(url) == url


PARTS = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "example.org",
            "www.google.com",
            "l.facebook.com",
            "/url?q=",
            "/l.php?u=",
            "%3A%2F%2F",
        ),
        *("?", "&", "=", "#", ":~:text=", "utm_source=x", "ref=rss", "/amp/s/", "urldefense.com/v3/__", "__;Lw!!", "*"),
        *(
            "x.translate.goog",
            "x.cdn.ampproject.org",
            "/c/s/",
            "%",
            "%2",
            "é",
            "\u202e",
            " ",
            "[",
            "]",
            "@",
            ":80",
            "\0",
            "İ",
        ),
        *("go.theregister.com", "/feed/", "www.bing.com/ck/a?u=a1", "aHR0cHM6Ly9leGFtcGxlLm9yZy8", ".", "-", "a"),
    ]
)


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(PARTS, max_size=14).map("".join),
        st.lists(PARTS, max_size=12).map("https://".join),
    )
)
@example("https://www.google.com/url?q=https://example.org:80")
@example("HTTP://İ.example/x")
def test_cleaning_never_fails_and_again_changes_nothing(text: str) -> None:
    cleaned = clean_url(text)
    assert cleaned == text or cleaned.startswith(("https://", "http://"))
    assert clean_url(cleaned) == cleaned
