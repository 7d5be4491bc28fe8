"""Programs that benchmarks compare with: install what can be installed, and say at the start what is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".bench"
POSTFIX_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def install() -> None:
    """Install nodemailer (if npm is there) and Postfix's smtp-sink and smtp-source (if the user is root on Debian)."""
    if nodemailer() is None and shutil.which("npm") and shutil.which("node"):
        FOLDER.mkdir(exist_ok=True)
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER), "nodemailer")
    if postfix("smtp-sink") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        # Without a configuration Postfix isn't started as a mail server.
        if shutil.which("debconf-set-selections"):
            answer = "postfix postfix/main_mailer_type select No configuration\n"
            subprocess.run(["debconf-set-selections"], input=answer, text=True, check=False)
        _run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "postfix")


def missing() -> Iterator[str]:
    """Yield a sentence for each program that isn't there, with how to get it."""
    if postfix("smtp-sink") is None or postfix("smtp-source") is None:
        yield "smtp-sink and smtp-source are missing. They come with Postfix: apt-get install postfix"
    if nodemailer() is None:
        yield f"nodemailer is missing. Install node and npm, then: npm install --prefix {FOLDER.name} nodemailer"


def postfix(program: str) -> str | None:
    """Return the path of a program of Postfix, or None."""
    return shutil.which(program, path=POSTFIX_PATH)


def nodemailer() -> Path | None:
    """Return the folder of node modules that has nodemailer, or None."""
    modules = FOLDER / "node_modules"
    return modules if shutil.which("node") and (modules / "nodemailer").is_dir() else None


def _run(*command: str) -> None:
    print(f"Installing: {' '.join(command[-1:])}", file=sys.stderr, flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL, timeout=300)
