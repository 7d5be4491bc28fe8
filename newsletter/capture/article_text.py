"""Extract the text of an article in a child process with limits of time and memory.

trafilatura and what it needs would take 40 MB of the studio's memory, and a hostile page could keep them busy for
minutes. The child needs about 0.2 seconds to start.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.capture.cleaning import visible
from newsletter.content.markdown import escape_markdown

SECONDS = 10.0
MEMORY = 768 * 1024 * 1024  # bytes of address space; extracting 2 MiB of HTML takes half of it
_CHILD = Path(__file__).with_name("article_child.py")
_MARKS = {"em": "*", "strong": "**"}
_OPEN, _CLOSE = {"em": "\ue000", "strong": "\ue002"}, {"em": "\ue001", "strong": "\ue003"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article's text in Markdown paragraphs, and a guess at its author and date, empty if there is none.

    ``problem`` says why there is no text, and is empty if the page was read to its end.
    """

    text: str = ""
    author: str = ""
    date: str = ""
    problem: str = ""


_PASSED_ON = frozenset({"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT"})
"""The child reads pages of strangers with code in C: it gets no passwords."""

Extract = Callable[[str, str], Article]
"""A function that extracts the article from a page's HTML and URL. It raises nothing."""


def extract_article(html: str, url: str, *, seconds: float = SECONDS, memory: int = MEMORY) -> Article:
    """Return the article in a page. A child that takes longer, or more memory, is killed."""
    if not html.strip(" \t\r\n\0"):
        return Article()
    request = {"url": url, "memory": memory, "seconds": int(seconds) + 1}
    given = json.dumps(request).encode() + b"\n" + html.encode("utf-8", errors="replace")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-X", "utf8", str(_CHILD)],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={name: value for name, value in os.environ.items() if name in _PASSED_ON},
        )
    except subprocess.TimeoutExpired:
        return Article(problem=f"the text wasn't found within {seconds:g} seconds")
    except OSError:
        return Article(problem="the text can't be extracted: no process could be started")
    with suppress(ValueError, KeyError, TypeError):
        answer = json.loads(done.stdout)
        text = "\n\n".join(filter(None, (_markdown(kind, runs) for kind, runs in answer["blocks"])))
        return Article(text=text, author=str(answer["author"]), date=str(answer["date"]))
    return Article(problem="the text can't be extracted from this page")


def _markdown(kind: str, runs: list[Any]) -> str:
    """Return a block in Markdown: a paragraph, a heading in bold, an item or a quotation, each on one line."""
    marked = "".join(_marked(visible(text), emphasis) for text, emphasis in runs)
    line = escape_markdown(" ".join(marked.split()))
    for name, mark in _MARKS.items():
        line = line.replace(_OPEN[name], mark).replace(_CLOSE[name], mark)
    if not line.strip("* "):
        return ""
    if kind == "heading":
        return f"**{line.replace('*', '')}**" if "\\*" not in line else line
    return {"item": "- ", "quote": "> "}.get(kind, "") + line


def _marked(text: str, emphasis: str) -> str:
    """Return text between marks, with the spaces at its ends outside, where Markdown needs them (CommonMark §6.2)."""
    inner = text.strip()
    if emphasis not in _MARKS or not inner:
        return text
    start = text.index(inner)
    return f"{text[:start]}{_OPEN[emphasis]}{inner}{_CLOSE[emphasis]}{text[start + len(inner) :]}"
