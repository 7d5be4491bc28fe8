"""The error of a request that brought no usable response."""

from newsletter.errors import NewsletterError


class FetchError(NewsletterError):
    """A URL that wasn't fetched.

    ``reason`` is the rest of a sentence that begins with the subject, such as ``didn't load within 5 seconds``.
    ``status`` is that of the HTTP response, if there was one.
    """

    code = "fetch-failed"

    def __init__(self, reason: str, *, url: str, status: int | None = None) -> None:
        self.reason, self.url, self.status = reason, url, status
        super().__init__(f"the page {reason}")
