"""Addresses of an erased reader, in the forms in which a file may contain them."""

import base64
import binascii
import html
import quopri
from pathlib import Path
from urllib.parse import quote

from newsletter.domain.addresses import address_key

BEFORE, NOW = "Zenobia.Quill+news@müller-ältere.example", "zenobia@quillfeather.example"


def encodings(address: str) -> set[bytes]:
    """Return the forms in which a file may contain an address, without base64 characters shared with its neighbours."""
    forms: set[bytes] = set()
    for text in {address, address_key(address), address.casefold(), address.upper(), address.partition("@")[2]}:
        octets = text.encode()
        forms |= {octets, text.encode("utf-16-le"), text.encode("utf-16-be"), binascii.hexlify(octets)}
        forms |= {quote(text, safe="").encode(), quote(text).encode(), quopri.encodestring(octets, quotetabs=True)}
        forms |= {
            html.escape(text).encode(),
            text.encode("ascii", "xmlcharrefreplace"),
            text.replace("@", "&#64;").encode(),
        }
        forms |= {
            text.encode("unicode_escape"),
            text.replace("@", "\\u0040").encode(),
            text.replace("@", "=40").encode(),
        }
        for shift in range(3):
            forms.add(base64.b64encode(b"x" * shift + octets)[4 if shift else 0 : -4])
            forms.add(base64.urlsafe_b64encode(b"x" * shift + octets)[4 if shift else 0 : -4])
    return {form for form in forms if len(form) > 8}


def traces(root: Path, *addresses: str) -> list[str]:
    """Return which files below a folder have an address in their name or content, in any encoding."""
    forms = {form.lower() for address in addresses for form in encodings(address)}
    files = [path for path in root.rglob("*") if path.is_file()]
    contents = {
        str(path): path.read_bytes().lower() + b"\n" + str(path.relative_to(root)).lower().encode() for path in files
    }
    return sorted(f"{path}: {form!r}" for path, content in contents.items() for form in forms if form in content)
