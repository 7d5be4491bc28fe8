"""Show an email's pictures from a folder on this machine. No I/O."""

import re

from newsletter.domain.pictures import PICTURE_NAME


def with_local_pictures(html: str, pictures_url: str, folder: str) -> str:
    """Return an email's HTML with its pictures in a ``folder`` in place of their public addresses."""
    public = re.compile(f"{re.escape(pictures_url)}/(?={PICTURE_NAME.pattern})")
    return public.sub(f"{folder}/", html)
