"""Words in readers' languages: gettext catalogues for pages, service mail and labels of themes, and the choice of one.

English is the source: its messages are in the code and the templates. The other languages are ``catalogues/*.po``.
"""

from newsletter.translation.loading import ENGLISH, Catalogue, catalogue, gettext_noop, languages

__all__ = ["ENGLISH", "Catalogue", "catalogue", "gettext_noop", "languages"]
