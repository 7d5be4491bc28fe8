"""Connect to a relay, encrypt and log in, through smtplib."""

import smtplib
import ssl

from newsletter.errors import ProviderError
from newsletter.providers.smtp.relay import Relay, UnavailableError
from newsletter.providers.smtp.replies import reply_text
from newsletter.providers.smtp.reply_reader import PlainSmtp, TlsSmtp
from newsletter.providers.smtp.transactions import reason


def connect(server: Relay) -> smtplib.SMTP:
    """Connect, encrypt and log in, and return the connection.

    Raise a ProviderError that names the failed step: UnavailableError if a later attempt may succeed.
    """
    try:
        return _connected(server)
    except smtplib.SMTPAuthenticationError as err:
        raise _login_failed(server, err) from None
    except smtplib.SMTPResponseException as err:
        words = server.without_secrets(reply_text(err.smtp_error))
        what = f"{server} rejects this connection: {err.smtp_code} {words}"
        if err.smtp_code < 500:
            raise UnavailableError(what, hint="try again later", words=words) from None
        raise ProviderError(what, hint="ask the server's operator why") from None
    except ssl.SSLCertVerificationError as err:
        raise ProviderError(
            f"the certificate of {server} is not valid: {err.verify_message}",
            hint="set [provider] host to the name in the certificate, or ca_file to the authority that signed it",
        ) from err
    except (OSError, smtplib.SMTPException) as err:
        raise UnavailableError(
            f"no connection to {server} with security = {server.security!r}: {reason(err)}",
            hint="check [provider] host, port and security, and that this machine may connect to it",
        ) from err


def _connected(server: Relay) -> smtplib.SMTP:
    connection: smtplib.SMTP
    if server.security == "tls":
        connection = TlsSmtp(server.host, server.port, server.hello, timeout=server.timeout, context=_context(server))
    else:
        connection = PlainSmtp(server.host, server.port, server.hello, timeout=server.timeout)
    try:
        _greet(connection)
        if server.security == "starttls":
            _start_tls(connection, server)
        if server.username:
            _log_in(connection, server)
    except BaseException:
        connection.close()
        raise
    return connection


def _greet(connection: smtplib.SMTP) -> None:
    reply = connection.ehlo()
    # RFC 5321 §3.2: a server that does not know EHLO may know HELO, and then has no extensions.
    _require(connection.helo() if reply[0] in (500, 502, 504, 550) else reply)


def _start_tls(connection: smtplib.SMTP, server: Relay) -> None:
    if not connection.has_extn("starttls"):
        raise ProviderError(
            f"{server} does not offer STARTTLS, and mail is never sent unencrypted",
            hint='try [provider] security = "tls" with its port, usually 465',
        )
    try:
        connection.starttls(context=_context(server))
    except smtplib.SMTPResponseException as err:
        refused = UnavailableError if err.smtp_code < 500 else ProviderError
        raise refused(
            f"{server} refused STARTTLS: {err.smtp_code} {reply_text(err.smtp_error)}",
            hint='try again later, or set [provider] security = "tls" with its port, usually 465',
        ) from None
    _greet(connection)


def _log_in(connection: smtplib.SMTP, server: Relay) -> None:
    try:
        connection.login(server.username, server.password)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):
        raise
    except smtplib.SMTPException:
        raise ProviderError(
            f"{server} offers no login on this port, or none that this program supports",
            hint="remove [provider] username, or set the submission port",
        ) from None
    except UnicodeEncodeError:  # its traceback would show the password
        raise ProviderError(
            "the username or password has non-ASCII characters, which this login does not support",
            hint="choose a password of ASCII characters",
        ) from None


def _login_failed(server: Relay, err: smtplib.SMTPAuthenticationError) -> ProviderError:
    words = server.without_secrets(reply_text(err.smtp_error))
    if 500 <= err.smtp_code < 600:
        return ProviderError(
            f"{server} refused the login of {server.username}: {err.smtp_code} {words}",
            hint="check [provider] username and the password in NEWSLETTER_SMTP_PASSWORD",
        )
    return UnavailableError(
        f"{server} cannot log {server.username} in right now: {err.smtp_code} {words}",
        hint="try again later",
    )


def _context(server: Relay) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except OSError as err:  # including ssl.SSLError
        why = "contains no certificates" if isinstance(err, ssl.SSLError) else f"can't be read: {reason(err)}"
        raise ProviderError(f"[provider] ca_file: {server.ca_file} {why}", hint="name a PEM file") from err
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _require(reply: tuple[int, bytes]) -> None:
    code, words = reply
    if code // 100 != 2:
        raise smtplib.SMTPResponseException(code, words)
