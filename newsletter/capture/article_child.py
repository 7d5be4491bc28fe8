"""The child process that takes a page apart with trafilatura. Run as a script, never imported by the program.

It reads a line of JSON (``url``, ``memory`` in bytes, ``seconds`` of processor time) and then the page as UTF-8 from
standard input, and writes a line of JSON: ``blocks``, ``author``, ``date``. A block is a kind (``p``, ``heading``,
``item``, ``quote``) and runs of text, each with the name of its emphasis: ``["p", [["Nobody ", ""], ["knew", "em"]]]``.
"""

import json
import re
import sys
from typing import Any

_MOST_BLOCKS = 2000
_LONG, _LONGEST_TEXT = 500_000, 400_000  # characters; of a long page, the text is found in a simpler way
_SCRIPT = re.compile(r"<(script|style)\b[^>]{0,500}>", re.IGNORECASE)
_SCRIPT_END = {tag: re.compile(rf"</{tag}[^>]{{0,100}}>", re.IGNORECASE) for tag in ("script", "style")}
_EMPHASIS = {"#b": "strong", "#i": "em"}
_KINDS = {"head": "heading", "item": "item", "quote": "quote", "p": "p", "code": "p", "row": "p", "fw": "p"}


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is the only one
        return
    for name, limit in (("RLIMIT_AS", memory), ("RLIMIT_CPU", seconds), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lowest, lowest))


def _runs(element: Any, emphasis: str, runs: list[list[str]], blocks: list[Any], kind: str) -> None:
    """Collect the runs of an element; blocks inside it become blocks of their own."""
    if element.text:
        runs.append([element.text, emphasis])
    for child in element:
        if not isinstance(child.tag, str):
            pass
        elif child.tag in _KINDS or child.tag in ("list", "table"):
            _finish(runs, blocks, kind)
            _collect(child, blocks, "quote" if kind == "quote" else _KINDS.get(child.tag, kind))
        elif child.tag == "lb":
            runs.append([" ", ""])
        elif child.tag not in ("graphic", "del"):
            if child.tag == "cell" and runs:
                runs.append([" ", ""])
            _runs(child, _EMPHASIS.get(child.get("rend", ""), emphasis), runs, blocks, kind)
        if child.tail:
            runs.append([child.tail, emphasis])


def _finish(runs: list[list[str]], blocks: list[Any], kind: str) -> None:
    if any(text.strip() for text, _ in runs):
        blocks.append([kind, list(runs)])
    runs.clear()


def _collect(element: Any, blocks: list[Any], kind: str = "p") -> None:
    runs: list[list[str]] = []
    _runs(element, "", runs, blocks, kind)
    _finish(runs, blocks, kind)


def _without_scripts(html: str) -> str:
    """Return a page without scripts and styles, which are most of it, except for JSON-LD."""
    kept, position = [], 0
    for start in _SCRIPT.finditer(html):
        if start.start() < position or "ld+json" in start[0].lower():
            continue
        end = _SCRIPT_END[start[1].lower()].search(html, start.end())
        if end is None:
            break
        kept.append(html[position : start.start()])
        position = end.end()
    return "".join((*kept, html[position:]))


def _extracted(html: str, url: str) -> dict[str, Any]:
    import logging

    logging.disable(logging.CRITICAL)
    from trafilatura.core import bare_extraction

    html = _without_scripts(html)
    article = bare_extraction(
        html,
        url=url or None,
        favor_precision=True,
        include_comments=False,
        include_formatting=True,
        with_metadata=True,
        # An extensive search takes the year of a copyright notice for a date.
        date_extraction_params={"extensive_search": False, "original_date": True},
        fast=len(html) > _LONG,
    )
    if article is None or isinstance(article, dict):
        return {"blocks": [], "author": "", "date": ""}
    blocks: list[Any] = []
    if article.body is not None:
        _collect(article.body, blocks)
    return {"blocks": _shortened(blocks), "author": article.author or "", "date": article.date or ""}


def _shortened(blocks: list[Any]) -> list[Any]:
    size, kept = 0, []
    for kind, runs in blocks[:_MOST_BLOCKS]:
        size += sum(len(text) for text, _ in runs)
        if size > _LONGEST_TEXT:
            break
        kept.append([kind, runs])
    return kept


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.readline())
    _limit(request["memory"], request["seconds"])
    html = sys.stdin.buffer.read().decode("utf-8", errors="replace")
    answer = _extracted(html, request["url"])
    sys.stdout.buffer.write(json.dumps(answer).encode("ascii"))


if __name__ == "__main__":
    main()
