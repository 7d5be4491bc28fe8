"""Parameters of addresses that only tell a site where its visitors come from.

A parameter is removed only if its name means nothing else. ``ref``, ``source`` and the like are removed only with
values that name a feed or a social network, since sites use them for other things too. The parameters of a signed
address all stay: its signature may cover them.
"""

import re
from urllib.parse import unquote_plus

from newsletter.domain.web_addresses import TRACKING

_ALWAYS = re.compile(
    r"(?:utm|at|pk|mtm|piwik|matomo|hsa|vero|oly|ns|itm|guce|fb|_x_tr)_\w+|__?hs\w+|wt[._]\w+|_ga|_gl|gcl(?:src|aw)|gad_\w+"
    r"|srsltid|ymclid|twclid|rb_clickid|wickedid|li_fat_id|epik|_openstat|__twitter_impression|ref_(?:src|url)"
    r"|ml_subscriber(?:_hash)?|__s|s_(?:cid|kwcid)|ef_id|sc_(?:src|lid|uid|llid|eh|customer)|xtor|cmp(?:id)?|icid|ncid"
    r"|sr_share|trk\w*|spm|guccounter|tpcc|echobox|_branch_match_id|dicbo|cx_\w+|ftag"
    r"|hsctatracking|(?:oft|bsft)_\w+|unicorn_click_id|syclid|_bhlid|_k[ex]|vgo_ee|cm_(?:mmc|sp|ite|cat)\w*|dm_i|ss_email_id"
    r"|tduid|inf_contact_key|et_(?:rid|cid)|elq(?:track|cst)?\w*id|elqtrack|__cft__(?:\[\d\])?|__tn__|mibextid|emci|emdi"
    r"|share_?(?:id|source|medium)|rss_?id|ck_subscriber_id|bbeml|sfmc_\w+|usqp|amp_(?:js_v|gsa|tf|r|ct|kit)",
    re.IGNORECASE,
)
_BY_VALUE = re.compile(r"ref|referr?er|source|src|via|from|share|feature|cid", re.IGNORECASE)
_ORIGINS = re.compile(
    r"(?:rss|feed|atom|twitter|tw|x|facebook|fb|linkedin|reddit|hackernews|hn|google-?news|googlenews|flipboard|pocket"
    r"|mastodon|bluesky|threads|whatsapp|telegram|email|e-mail|mail|newsletter|social|share|sharing|youtu\.be)"
    r"(?:[-_.]?(?:share|button|feed|link|post|app|footer|header))*(?:1\.0|2\.0)?",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,12}", re.IGNORECASE)  # Ghost adds ?ref=<the linking site>
_SIGNATURE = re.compile(
    r"(?:x-(?:amz|goog|oss|ms)-)?sign(?:ature)?|sig|hmac|hdn(?:ea|ts)|key-pair-id|expires|_signature", re.IGNORECASE
)
_ON_HOSTS = (
    (re.compile(r"(?:.+\.)?youtu(?:be\.com|\.be)"), re.compile(r"si|pp|feature|ab_channel")),
    (re.compile(r"open\.spotify\.com"), re.compile(r"si|context|nd")),
    (re.compile(r"(?:www\.|mobile\.)?(?:twitter|x)\.com"), re.compile(r"s|t|ref_\w+")),
    (re.compile(r"(?:.+\.)?(?:medium\.com|substack\.com)"), re.compile(r"source|r|showWelcomeOnShare|triedRedirect")),
    (re.compile(r"(?:.+\.)?nytimes\.com"), re.compile(r"smid|smtyp|referringSource|partner|emc")),
    (re.compile(r"(?:.+\.)?msn\.com"), re.compile(r"ocid|cvid|ei|pc")),
    (re.compile(r"(?:.+\.)?instagram\.com"), re.compile(r"igsh\w*")),
    (re.compile(r"(?:.+\.)?reddit\.com"), re.compile(r"share_id|rdt|correlation_id|ref(?:_\w+)?|\$\w+")),
)


def without_tracking(query: str, host: str) -> str:
    """Return a query without tracking parameters; the others keep their order and their bytes."""
    if not query:
        return query
    parameters = query.split("&")
    names = [unquote_plus(parameter.partition("=")[0]) for parameter in parameters]
    if any(_SIGNATURE.fullmatch(name) for name in names):
        return query
    local = [names_there for hosts, names_there in _ON_HOSTS if hosts.fullmatch(host)]
    return "&".join(
        parameter
        for name, parameter in zip(names, parameters, strict=True)
        if not is_tracking(name, unquote_plus(parameter.partition("=")[2]))
        and not any(pattern.fullmatch(name) for pattern in local)
    )


def is_tracking(name: str, value: str) -> bool:
    """Return whether a parameter only says where a visitor comes from."""
    if TRACKING.fullmatch(name.lower()) or _ALWAYS.fullmatch(name):
        return True
    if name.lower() == "ref" and _DOMAIN.fullmatch(value):
        return True
    return bool(_BY_VALUE.fullmatch(name) and _ORIGINS.fullmatch(value))


def without_tracking_fragment(fragment: str) -> str:
    """Return a fragment without directions to the browser (``:~:text=…``), or "" if it only tracks visitors."""
    kept = fragment.partition(":~:")[0]
    pairs = [part.partition("=") for part in kept.split("&")]
    if kept and all(is_tracking(name.lstrip("?"), unquote_plus(value)) for name, _, value in pairs):
        return ""
    return kept
