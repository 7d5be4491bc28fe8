"""Who may use each of the studio's routes. A new route needs a line here, or the tests of this folder fail.

A route with a form has one that is good enough to get as far as the permission. Numbers and keys are of nothing that
exists: those who may use a route get another error, and those who may not mustn't learn even that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.domain.people import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a route: its lowest role, and whether it asks for the passkey again. ``values`` fill its path.

    ``is_open`` is true for what needs no account, ``for_newcomers`` for what a session by link may use.
    """

    lowest: Role = Role.WRITER
    confirmed: bool = False
    is_open: bool = False
    for_newcomers: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    query: str = ""


W, E, P, A = Rule(), Rule(lowest=Role.EDITOR), Rule(lowest=Role.PUBLISHER), Rule(lowest=Role.ADMIN)
OPEN = Rule(is_open=True, for_newcomers=True)
NEWCOMER = Rule(for_newcomers=True, confirmed=True)

VALUES = {
    "slug": "2026-11-23",
    "name": "subject",
    "number": "9999",
    "path": "issues/2026-11-23.md",
    "secret": "x" * 43,
    "key": "0" * 32,
    "id_": "9",
    "day": "monday",
    "purpose": "unsubscribe",
    "control": "pause",
    "table": "issues",
}
ENTRY = {"slug": "night-train", "name": "title"}
SETTING = {"name": "name"}
READER = {"address": "zoe@example.org"}
NIGHT = {"slug": "night"}
SKELETON = {"day": "monday", "sections": "News"}


def _e(**form: str) -> Rule:
    return Rule(lowest=Role.EDITOR, form=form)


def _static(name: str) -> Rule:
    return Rule(is_open=True, for_newcomers=True, values={"name": name})


def _a(*, confirmed: bool = False, **form: str) -> Rule:
    return Rule(lowest=Role.ADMIN, form=form, confirmed=confirmed)


RULES: Mapping[str, Rule] = {
    "GET /": W,
    "GET /desk/findings": W,
    "GET /links": W,
    "POST /links": Rule(form={"text": "https://example.org/pasted"}),
    "POST /links/chosen/{act}": Rule(values={"act": "drop"}, form={"link": "9999"}),
    "POST /links/{number:short}/{act}": Rule(values={"act": "drop"}),
    "GET /capture": W,
    "POST /capture": Rule(form={"url": "https://example.org/caught", "title": "Caught"}),
    "POST /capture/read": Rule(form={"url": "https://example.org/caught"}),
    "GET /share": W,
    "GET /bookmarklet": W,
    "GET /manifest.webmanifest": W,
    "GET /entries": W,
    "GET /entries/{slug}": Rule(values=ENTRY),
    "GET /entries/{slug}/email": Rule(values=ENTRY),
    "POST /entries/{slug}/fields/{name}": Rule(lowest=Role.EDITOR, values=ENTRY, form={"value": "New"}),
    "POST /entries/{slug}/members/{name}": Rule(
        lowest=Role.EDITOR, values={**ENTRY, "name": "topics"}, form={"word": "Soil", "present": "yes"}
    ),
    "POST /entries/{slug}/text": Rule(values=ENTRY),
    "GET /issues": W,
    "POST /issues": _e(date="2026-12-24"),
    "GET /compose": W,
    "GET /issues/{slug}": W,
    "GET /issues/{slug}/readers": W,
    "POST /issues/{slug}/changes": _e(change="remove", item="tired-bridge"),
    "POST /issues/{slug}/fields/{name}": _e(value="New"),
    "POST /issues/{slug}/members/{name}": Rule(
        lowest=Role.EDITOR, values={"name": "segments"}, form={"word": "everyone", "present": "yes"}
    ),
    "GET /text/{path:path}": W,
    "POST /text/{path:path}": _e(value="New", seen="old"),
    "GET /history/{path:path}": W,
    "POST /history/{path:path}": W,
    "GET /changes": W,
    "GET /find": Rule(query="q=night"),
    "GET /remote": W,
    "POST /remote": W,
    "POST /remote/choices": W,
    "POST /undo": W,
    "POST /commit": W,
    "GET /issues/{slug}/report": P,
    "GET /reports": P,
    "GET /reports/report.json": P,
    "GET /reports/{table}.csv": P,
    "GET /segments": P,
    "POST /segments": _a(name="Night readers", where='language = "de"'),
    "GET /segments/counts": Rule(lowest=Role.PUBLISHER, query="segment=night"),
    "GET /segments/try": Rule(lowest=Role.ADMIN, query="where=language%20%3D%20%22de%22"),
    "GET /segments/{slug}": Rule(lowest=Role.PUBLISHER, values={"slug": "night"}),
    "POST /segments/{slug}/name": Rule(lowest=Role.ADMIN, values=NIGHT, form={"value": "New"}),
    "POST /segments/{slug}/where": Rule(lowest=Role.ADMIN, values=NIGHT, form={"value": 'language = "fr"'}),
    "POST /segments/{slug}/topics": Rule(lowest=Role.ADMIN, values=NIGHT, form={"list": "any", "add": "railways"}),
    "POST /segments/{slug}/delete": Rule(lowest=Role.ADMIN, values=NIGHT),
    "GET /topics": P,
    "POST /topics": _a(name="Bells"),
    "GET /topics/{slug}": Rule(lowest=Role.PUBLISHER, values={"slug": "soil"}),
    "POST /topics/{slug}/name": Rule(lowest=Role.ADMIN, values={"slug": "soil"}, form={"value": "Soil"}),
    "POST /topics/{slug}/aliases": Rule(lowest=Role.ADMIN, values={"slug": "soil"}),
    "POST /topics/{slug}/parent": Rule(lowest=Role.ADMIN, values={"slug": "soil"}),
    "POST /topics/{slug}/delete": Rule(lowest=Role.ADMIN, values={"slug": "soil"}),
    "GET /topics/{slug}/change": Rule(
        lowest=Role.ADMIN, values={"slug": "soil"}, query="kind=rename&slug=earth&name=Earth"
    ),
    "POST /topics/{slug}/change": Rule(
        lowest=Role.ADMIN, values={"slug": "soil"}, form={"kind": "rename", "slug": "earth", "name": "Earth"}
    ),
    "GET /settings": A,
    "POST /settings/fields/{name}": Rule(lowest=Role.ADMIN, values=SETTING, form={"value": "The Daily Test"}),
    "POST /settings/skeletons": Rule(lowest=Role.ADMIN, form=SKELETON),
    "POST /settings/skeletons/{day}/delete": A,
    "GET /readers": A,
    "POST /readers": Rule(lowest=Role.ADMIN, form=READER),
    "GET /readers/totals": P,
    "GET /readers/new": A,
    "POST /readers/addresses/confirm": Rule(lowest=Role.ADMIN, form=READER),
    "POST /readers/addresses/suppress": Rule(lowest=Role.ADMIN, form=READER),
    "POST /readers/addresses/lift": Rule(lowest=Role.ADMIN, form=READER),
    "GET /readers/import": A,
    "POST /readers/import": A,
    "GET /readers/import/{id_}": A,
    "GET /readers/import/{id_}/state": A,
    "GET /readers/import/{id_}/refused.csv": A,
    "POST /readers/import/{id_}/choices": A,
    "POST /readers/import/{id_}/start": A,
    "POST /readers/import/{id_}/stop": A,
    "POST /readers/import/{id_}/discard": A,
    "GET /readers/export": A,
    "POST /readers/export": _a(confirmed=True),
    "GET /readers/{key}": A,
    "GET /readers/{key}/next": A,
    "POST /readers/{key}/details": A,
    "POST /readers/{key}/address": Rule(lowest=Role.ADMIN, form=READER),
    "POST /readers/{key}/confirm": A,
    "POST /readers/{key}/unsubscribe": A,
    "POST /readers/{key}/suppress": A,
    "POST /readers/{key}/lift": A,
    "POST /readers/{key}/remove": A,
    "POST /readers/{key}/erase": A,
    "POST /readers/{key}/data": _a(confirmed=True),
    "GET /sign-in": Rule(is_open=True),
    "POST /sign-in/options": OPEN,
    "POST /sign-in/passkey": OPEN,
    "POST /sign-in/link": OPEN,
    "GET /sign-in/link/{secret}": OPEN,
    "POST /sign-in/link/{secret}": OPEN,
    "GET /new-passkey": Rule(for_newcomers=True),
    "POST /new-passkey/options": NEWCOMER,
    "POST /new-passkey": NEWCOMER,
    "POST /sign-out": Rule(for_newcomers=True),
    "POST /confirm/options": W,
    "POST /confirm": W,
    "GET /people": A,
    "POST /people": _a(confirmed=True, address="zed@example.org", name="Zed", role="writer"),
    "POST /people/{number:short}/role": _a(confirmed=True, role="writer"),
    "POST /people/{number:short}/invitation": _a(confirmed=True),
    "POST /people/{number:short}/sign-out": _a(confirmed=True),
    "POST /people/{number:short}/remove": _a(confirmed=True),
    "GET /people/audit": A,
    "GET /account": W,
    "POST /account/name": Rule(form={"name": "Another Name"}),
    "POST /account/summary": W,
    "POST /account/keys/{number:short}/name": Rule(form={"name": "Key"}),
    "POST /account/keys/{number:short}/remove": Rule(confirmed=True),
    "POST /account/sessions/{number:short}/end": W,
    "POST /account/sessions/others/end": W,
    "GET /send": P,
    "GET /issues/{slug}/send": P,
    "GET /issues/{slug}/send/plan": P,
    "GET /issues/{slug}/send/time": Rule(lowest=Role.PUBLISHER, query="day=2026-11-23&time=06:30"),
    "GET /issues/{slug}/send/checks": P,
    "GET /issues/{slug}/send/live": P,
    "POST /issues/{slug}/send/start": Rule(lowest=Role.PUBLISHER, confirmed=True, form={"kind": "soon"}),
    "POST /issues/{slug}/send/start/move": Rule(lowest=Role.PUBLISHER, confirmed=True, form={"kind": "soon"}),
    "POST /issues/{slug}/send/{control}": P,
    "GET /review": W,
    "GET /issues/{slug}/review": W,
    "POST /issues/{slug}/review/approve": _e(when="any"),
    "POST /issues/{slug}/review/changes": _e(note="Shorter, please"),
    "POST /issues/{slug}/review/proof": _e(to="eve@example.org"),
    "POST /issues/{slug}/review/tick": _e(finding="none", reason="It is fine"),
    "POST /issues/{slug}/review/untick": _e(finding="none"),
    "POST /comments": Rule(form={"slug": "2026-11-23", "text": "Nice"}),
    "POST /comments/{number:short}/resolve": W,
    "POST /comments/{number:short}/delete": W,
    "GET /preview/": W,
    "GET /preview/issues/{slug}": W,
    "GET /preview/issues/{slug}/email": W,
    "GET /preview/issues/{slug}/reader": Rule(lowest=Role.ADMIN, query="address=zoe@example.org"),
    "GET /preview/issues/{slug}/report": P,
    "GET /preview/images/{name}": W,
    "GET /preview/files/{path:path}": W,
    "GET /preview/reader-links/{purpose}": W,
    "GET /preview/changes": W,
    "GET /static": _static("basics.css"),
    "GET /studio": _static("studio.css"),
    "GET /report-styles": _static("reports.css"),
}
