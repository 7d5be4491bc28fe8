"""Who has committed changes to some files since a commit, and who is the same person by the repository's mailmap."""

import re
from collections.abc import Iterable, Mapping, Sequence

from newsletter.git.repository import Repository

_SHA = re.compile(r"[0-9a-f]{40,64}")
_TOGETHER = 400  # paths in a call: a command line is limited


def authors_since(repository: Repository, sha: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses of those who changed some files in commits after ``sha``; in all commits, if it is "".

    Co-authors count, and authors have the address that the mailmap gives them. If the commit no longer exists, since
    history was rewritten, all commits count. Raise GitError.
    """
    head = repository.head
    if not head or not paths:
        return ()
    known = (
        bool(_SHA.fullmatch(sha))
        and not repository.git.run("merge-base", "--is-ancestor", sha, head, accept=range(256)).status
    )
    addresses: dict[str, None] = {}
    for at in range(0, len(paths), _TOGETHER):
        output = repository.without_own_programs().git.run(
            "log", "--no-show-signature", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all",
            "--format=%aE%n%(trailers:key=Co-authored-by,valueonly)", "--end-of-options",
            f"{sha}..{head}" if known else head, "--", *paths[at : at + _TOGETHER],
        )  # fmt: skip
        for line in output.out.decode("utf-8", "replace").splitlines():
            match = re.search(r"<([^<>]*)>\s*$", line)
            address = match[1] if match else line.strip()
            if "@" in address:
                addresses[address] = None
    return tuple(dict.fromkeys(mapped_addresses(repository, addresses).values()))


def mapped_addresses(repository: Repository, addresses: Iterable[str]) -> Mapping[str, str]:
    """Return the address of the person behind each address, as ``.mailmap`` or git's ``mailmap.file`` has it.

    An address that neither names stays as it is. Raise GitError.
    """
    known = {address: address for address in addresses}
    queried = [address for address in known if address.isprintable() and not set(address) & set("<>")]
    if queried:
        sent = "".join(f"<{address}>\n" for address in queried).encode()
        lines = repository.git.run("check-mailmap", "--stdin", sent=sent).out.decode("utf-8", "replace").splitlines()
        for address, line in zip(queried, lines, strict=True):
            match = re.search(r"<([^<>]*)>\s*$", line)
            known[address] = match[1] if match and "@" in match[1] else address
    return known
