"""The secrets in cookies and links. The database has only their hashes, so that a copy of it signs nobody in."""

import hashlib
import secrets

_OCTETS = 32


def new_secret() -> str:
    """Return a secret that can be in a cookie and in an address."""
    return secrets.token_urlsafe(_OCTETS)


def hashed(secret: str | bytes) -> str:
    """Return the hash of a secret, as the database has it. Secrets are random and long: they need no salt."""
    octets = secret if isinstance(secret, bytes) else secret.encode("utf-8", "surrogatepass")
    return hashlib.sha256(octets).hexdigest()
