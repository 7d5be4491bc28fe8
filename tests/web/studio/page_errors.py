"""What goes wrong in a page of the studio that nobody would see: uncaught errors, and breaches of its policy."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

_COLLECT = """
document.addEventListener("securitypolicyviolation", (event) => {
  pageError(`${event.effectiveDirective} of ${location.pathname} blocked ${event.blockedURI || event.sample}`);
});
"""


@contextmanager
def no_page_errors(context: BrowserContext) -> Iterator[None]:
    """Fail if a page of the context breaches the Content-Security-Policy, or throws an error that nothing catches."""
    errors = page_errors(context)
    yield
    assert errors == [], errors


def page_errors(context: BrowserContext) -> list[str]:
    """Return a list that gets the context's uncaught errors and breaches of the Content-Security-Policy."""
    errors: list[str] = []

    def note(text: str) -> None:
        errors.append(text)

    def note_error(error: WebError) -> None:
        errors.append(str(error.error))

    def note_breach(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:  # also in documents that scripts parse, which have no events
            errors.append(message.text)

    context.on("console", note_breach)
    context.expose_function("pageError", note)
    context.add_init_script(_COLLECT)
    context.on("weberror", note_error)
    return errors
