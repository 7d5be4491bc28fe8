"""Wire up a newsletter's parts from its settings: store, provider, signer, webhooks, feedback and service mail.

The command line, the servers and the tests all get these parts here. Imports are inside the functions, so that a
command loads only what it uses.
"""

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.errors import NewsletterError, SettingsError
from newsletter.files.newsletter_folder import IMAGES

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.aws.bucket import Bucket
    from newsletter.domain.issue import Issue
    from newsletter.domain.people import Person
    from newsletter.domain.publication import Newsletter
    from newsletter.feedback import BounceMailbox, Feedback
    from newsletter.providers import Hook, KeptMessages, Provider, SuppressionList
    from newsletter.rendering import Theme
    from newsletter.sending import SendContext
    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.subscriptions import ServiceMailer
    from newsletter.tokens import Signer


def open_store(settings: "Settings") -> "Store":
    """Open the newsletter's store; close it by using it as a context manager. Raises StoreError."""
    from newsletter import store

    return store.open_store(settings.database)


def has_database(settings: "Settings") -> bool:
    """Return whether the newsletter has a database, without creating one. A server's counts even if it is down."""
    from newsletter import store

    return store.exists(settings.database)


def local_person(root: Path) -> "Person":
    """Return the person at this computer: the name and address of git's configuration, or else the computer's.

    If the repository's mailmap gives the address another one, they have that, as in reviews of their commits.
    They have every permission: anybody who can run commands here can change the files and the database, too.
    """
    from newsletter.domain.people import Person
    from newsletter.git import Repository, find_repository, mapped_addresses

    repository = find_repository(root)
    identity = repository.user() if isinstance(repository, Repository) else None
    if identity is not None and isinstance(repository, Repository):
        address = identity.address
        with suppress(NewsletterError):
            address = mapped_addresses(repository, [address])[address]
        return Person(name=identity.name, address=address)
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a process without a user name
        name = "editor"
    return Person(name=name, address=f"{name}@{socket.gethostname() or 'localhost'}")


def open_signer() -> "Signer":
    """Return the signer of readers' links, with the secrets in the environment.

    Raises SettingsError if one is missing or weak. Commands call this first, to report that before anything else.
    """
    from newsletter.settings import load_signer

    return load_signer()


@contextmanager
def open_provider(settings: "Settings") -> Iterator["Provider"]:
    """Open the newsletter's provider, and close it at the end. Raises SettingsError, SecretError."""
    from newsletter import providers

    options, root = settings.provider, settings.root
    provider = providers.open_provider(settings.provider_name, options, root=root, environment=os.environ)
    try:
        yield provider
    finally:
        provider.close()


@contextmanager
def open_send_context(settings: "Settings") -> Iterator["SendContext"]:
    """Open everything a send or proof needs to deliver mail: provider, signer and settings. Raises SettingsError."""
    from newsletter.sending import SendContext

    signer = open_signer()  # a missing secret is reported before anything about the provider
    with open_provider(settings) as provider:
        yield SendContext(
            provider=provider,
            provider_name=settings.provider_name,
            signer=signer,
            base_url=settings.newsletter.base_url,
            sending=settings.sending,
            zone=settings.newsletter.zone,
            return_path=settings.feedback.return_path,
            unsubscribe_mail=settings.feedback.unsubscribe_mail,
        )


@contextmanager
def open_outbox(settings: "Settings", folder: Path) -> Iterator["Provider"]:
    """Open an outbox in a folder, with the format that newsletter.toml sets for the outbox."""
    from newsletter import providers

    format_ = settings.provider.get("format", "eml") if settings.provider_name == "outbox" else "eml"
    options = {"path": str(folder), "format": format_}
    outbox = providers.open_provider("outbox", options, root=settings.root, environment=os.environ)
    try:
        yield outbox
    finally:
        outbox.close()


def open_bucket(settings: "Settings") -> "Bucket | None":
    """Open the bucket that pictures are published in, or return None if there is none. Raise CredentialsError."""
    if settings.bucket is None:
        return None
    from newsletter.aws.bucket import Bucket

    return Bucket(settings.bucket, os.environ)


def open_kept_messages(settings: "Settings") -> "KeptMessages":
    """Open the outbox, which keeps messages of rehearsals and of sends that mail nobody. Raises SettingsError."""
    from newsletter import providers

    options = {} if settings.mails else settings.provider
    return providers.open_kept_messages(options, root=settings.root, environment=os.environ)


def open_webhooks(settings: "Settings") -> "Mapping[str, Hook]":
    """Return the provider's webhook by its name; empty if the provider has none. Raises SettingsError."""
    from newsletter import providers

    name = settings.provider_name
    hook = providers.open_hook(name, settings.provider, root=settings.root, environment=os.environ)
    return {name: hook} if hook else {}


def open_suppression_list(settings: "Settings") -> "SuppressionList":
    """Open the provider's own suppression list. Raises SettingsError, ProviderError."""
    from newsletter import providers

    options, root = settings.provider, settings.root
    return providers.open_suppression_list(settings.provider_name, options, root=root, environment=os.environ)


def check_provider(settings: "Settings") -> None:
    """Raise SettingsError if [provider] has an option that can't be used, SecretError if only a secret is missing.

    The network is not used.
    """
    with open_provider(settings):
        pass
    open_webhooks(settings)


def signer_of_erasures(store: "Store") -> "Signer | None":
    """Return the signer that recognises erased readers, so that no import brings them back; None if there are none.

    Raises SettingsError if the environment lacks a secret that their hashes were made with.
    """
    from newsletter.settings import EARLIER_SECRETS

    needed = store.erasures.key_ids()
    if not needed:
        return None
    signer = open_signer()
    if needed - signer.key_ids:
        raise SettingsError(
            "a secret is missing that is needed to recognise readers who had their data deleted",
            hint=f"add the earlier secret to {EARLIER_SECRETS}; nothing was changed",
        )
    return signer


def feedback_recorder(settings: "Settings", store: "Store", signer: "Signer") -> "Feedback":
    """Return the recorder of bounces, complaints and other events that the provider reports."""
    from newsletter.feedback import Feedback

    return Feedback(store, signer, soft_bounces=settings.feedback.soft_bounces)


def open_bounce_mailbox(settings: "Settings", location: str) -> "AbstractContextManager[BounceMailbox]":
    """Open the bounce mailbox at a path or ``imaps://`` URL, and close it at the end. Raises MailboxError.

    Raises SettingsError if the environment has no password for an IMAP server.
    """
    from newsletter.feedback import open_mailbox

    return open_mailbox(location, root=settings.root, environment=os.environ)


def service_mailer(
    newsletter: "Newsletter",
    store: "Store",
    context: "SendContext",
    theme: "Theme",
    log: Callable[[str], object],
    *,
    latest: "Callable[[str], Issue | None]" = lambda _language: None,
    clock: "Callable[[], datetime] | None" = None,
) -> "ServiceMailer":
    """Return the sender of service mail.

    ``log`` is called with error messages; ``latest`` returns the latest issue in a language, for the welcome mail;
    ``clock`` is the store's by default.
    """
    from newsletter.subscriptions import ServiceMailer, remove_expired

    return ServiceMailer(
        store=store,
        provider=context.provider,
        signer=context.signer,
        newsletter=newsletter,
        theme=theme,
        log=log,
        return_path=context.return_path,
        latest=latest,
        clock=clock or store.now,
        tidy=partial(remove_expired, store),
    )


def searched_files(settings: "Settings") -> list[Path]:
    """Return the files that may contain an erased reader's address, and from which only a person can remove it.

    These are the newsletter's own files and its bounce mailbox, without the database, the outbox and the pictures.
    """
    from newsletter.subscriptions import files_below

    database, mailbox = settings.database_file, settings.feedback.mailbox
    own = [database.with_name(database.name + end) for end in ("", "-wal", "-shm")] if database else []
    mail = [settings.root / Path(mailbox).expanduser()] if mailbox and "://" not in mailbox else []
    without = [*own, settings.outbox, settings.root / IMAGES]
    return sorted({*files_below([settings.root], without=without), *files_below(mail, without=without, hidden=True)})
