"""Give templates the words of a language: ``{{ _("…") }}`` and ``{% trans %}…{% endtrans %}``."""

from typing import Any, cast

from jinja2 import Environment

from newsletter.translation import Catalogue

EXTENSION = "jinja2.ext.i18n"


def translate(environment: Environment, words: Catalogue) -> None:
    """Let the templates of an environment, which has the extension, write messages of a catalogue.

    Values in a message are escaped where templates are, and line breaks in ``{% trans %}`` count as spaces.
    """
    environment.policies["ext.i18n.trimmed"] = True
    cast("Any", environment).install_gettext_callables(**words.install(), newstyle=True)
