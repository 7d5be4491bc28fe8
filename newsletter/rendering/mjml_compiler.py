"""Call the MJML compiler (mjml-python, mrml) and work around its faults."""

import re

from mjml import mjml2html


def compile_mjml(source: str, *, text_color: str) -> str:
    """Return MJML as HTML. Raise ValueError if the compiler refuses it; the position it gives is of no use."""
    try:
        html: str = mjml2html(without_gaps_in_head(source), fonts={})  # no fonts from a remote font service
    except BaseException as err:
        # A Rust panic isn't an Exception. "é >" causes one (htmlparser 0.2.1 cuts inside a character).
        if type(err).__name__ == "PanicException":
            raise ValueError("the compiler panics") from err
        raise
    return _PREVIEW.sub(lambda match: f"{match[1]}{text_color};", html, count=1)


def without_gaps_in_head(source: str) -> str:
    """Return MJML without the parts of the head that the compiler refuses: some white space, comments in defaults.

    The compiler takes white space for text unless it begins with a line break.
    """
    head, body, rest = source.partition("<mj-body")
    head = _DEFAULTS.sub(lambda match: _COMMENT.sub("", match[0]), head + body)
    return _GAP.sub(lambda match: "".join(_COMMENT.findall(match[0])), head) + rest


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DEFAULTS = re.compile(r"<mj-attributes\b.*?</mj-attributes>", re.DOTALL)
_GAP = re.compile(
    r"(?<=>)(?:\s|&(?:nbsp|#0*32|#0*160|#x0*20|#x0*a0);|<!--.*?-->)+(?=<(?:mj-|/mj-head>|/mj-attributes>))",
    re.IGNORECASE | re.DOTALL,
)

# MJML hides <mj-preview> and colours it white; SpamAssassin adds 0.7 points for that (HTML_FONT_LOW_CONTRAST).
_PREVIEW = re.compile(r"""(<body[^>]*>\s*<div style="display:none;font-size:1px;color:)#ffffff;""")
