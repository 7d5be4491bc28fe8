"""The address of a studio with accounts, from its host name. No I/O."""

import re

STUDIO_PORT = 8027
_HOST = re.compile(r"(?P<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?")
LOCAL_HOST = "localhost"


def studio_origin(host: str, local_port: int = STUDIO_PORT) -> str:
    """Return the origin of a studio at a host name: https, or http for ``localhost`` on the port it listens on.

    Raise ValueError if it isn't a host name. Passkeys belong to a name, so an IP address won't do.
    """
    match = _HOST.fullmatch(host.strip().lower())
    if match is None or ".." in match["name"]:
        raise ValueError("write a host name, such as studio.example.org")
    if re.fullmatch(r"[0-9.]+", match["name"]):
        raise ValueError("passkeys need a host name, not an IP address")
    if match["name"] == LOCAL_HOST:
        return f"http://{LOCAL_HOST}:{match['port'] or local_port}"
    if "." not in match["name"]:
        raise ValueError("write the whole host name, such as studio.example.org")
    port = match["port"]
    return f"https://{match['name']}" + (f":{port}" if port not in (None, "443") else "")
