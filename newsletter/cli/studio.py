"""`newsletter studio`: make issues in a browser, on this computer or for a team, and invite people to that."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from newsletter.cli import local_server, output, resources
from newsletter.domain.people import Role
from newsletter.domain.studio_origin import LOCAL_HOST, STUDIO_PORT, studio_origin
from newsletter.errors import UsageError

app = typer.Typer()


@app.callback(invoke_without_command=True)
def studio(
    context: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Serve a team that signs in, at this host name, behind TLS.", show_default=False
        ),
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="With --host, the address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[int | None, local_server.port_option(8027)] = None,
    no_open: local_server.NoOpen = False,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Start no worker: one runs elsewhere, or nothing is to be sent.")
    ] = False,
) -> None:
    """Catch links, write entries and compose issues in a browser.

    Works on the same files as the command line. Without --host, only this computer can open it.
    A worker runs with it and sends what is due. Press Ctrl-C to stop both.

    newsletter studio
    newsletter studio --port 9000 --no-open
    newsletter studio --host studio.example.org
    """
    if context.invoked_subcommand is not None:
        return
    from newsletter import settings
    from newsletter.publishing.workers.worker_process import WorkerProcess

    worker = WorkerProcess(_worker_command(settings.find_root(context.obj)))
    with worker:
        start = (lambda: None) if no_worker else worker.start
        if host is not None:
            _serve_team(context, host, listen, port, start)
            return
        from newsletter.web.studio.app import serve_studio

        local_server.serve(context, serve_studio, name="studio", port=port, is_opened=not no_open, when_ready=start)


def _worker_command(root: Path) -> list[str]:
    """Return the arguments of a worker of the newsletter that stops with this process.

    With ``-P``, Python imports nothing from the current folder: that is often the newsletter's, which others push to.
    """
    own = [sys.executable, "-P", "-m", "newsletter"]
    return [*own, "--root", str(root), "worker", "--child-of", str(os.getpid())]


@app.command()
def invite(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's email address.", show_default=False)],
    role: Annotated[
        Role | None,
        typer.Option(metavar="ROLE", help="writer, editor, publisher or admin.", show_default=False),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="The person's name.", show_default=False)] = "",
    host: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The studio's host name; by default that of \\[studio].", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="N",
            help=f"With localhost, the --port that the studio was started with; by default {STUDIO_PORT}.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Add somebody to the team, and print a link that signs them in.

    The link works once, for 15 minutes, in the first browser that uses it.
    For somebody on the team already, it prints another link: they may have lost their passkey.

    newsletter studio invite ada@example.org --role admin --name "Ada Stern"
    newsletter studio invite ada@example.org
    newsletter studio invite ada@example.org --host localhost --port 9000
    """
    from newsletter import bootstrap, staff

    settings = resources.load_settings(context)
    if host is None and urlsplit(settings.studio.origin).hostname == LOCAL_HOST:
        host = LOCAL_HOST if port else urlsplit(settings.studio.origin).netloc
    origin = _origin(host, port or STUDIO_PORT) if host is not None else settings.studio.origin
    if not origin:
        raise UsageError(
            "the link needs the studio's host name", hint="add --host, or set host in [studio] in newsletter.toml"
        )
    person = bootstrap.local_person(settings.root)
    with resources.open_store(settings) as store:
        now = store.now()
        member = store.staff.of_address(address)
        if member is None:
            if role is None:
                raise UsageError(
                    f"{address} isn't on the team yet", hint="add --role writer, editor, publisher or admin"
                )
            member = staff.invite(store, person, address, name=name, role=role, now=now)
        elif role not in (None, member.role):
            raise UsageError(
                f"{member.address} is on the team as {member.role}", hint="an admin changes roles on the page People"
            )
        link = staff.link_address(origin, staff.new_link(store, person, member, now=now))
    output.note(f"{member.name} ({member.address}) is on the team as {member.role}.")
    output.note("This link signs them in, once, within 15 minutes, in the first browser that uses it:")
    typer.echo(link)


def _serve_team(
    context: typer.Context, host: str, address: str, port: int | None, when_ready: Callable[[], object]
) -> None:
    from newsletter import settings
    from newsletter.web.studio.app import serve_hosted_studio

    number = STUDIO_PORT if port is None else port
    resources.warn_of_library(resources.load_settings(context))

    def ready(origin: str) -> None:
        output.say(f"The studio is at {origin}, and listens on {address}:{number}  (Ctrl-C to stop)")
        when_ready()

    serve_hosted_studio(
        settings.find_root(context.obj),
        origin=_origin(host, number),
        address=address,
        port=number,
        say=ready,
        log=output.error,
    )


def _origin(host: str, port: int) -> str:
    try:
        return studio_origin(host, port)
    except ValueError as err:
        raise UsageError(f"{host} can't be the studio's host", hint=str(err)) from err
