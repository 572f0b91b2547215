"""E-mail through the server of ``HUB_SMTP_URL``: plain text, sent while the caller waits."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import SplitResult, unquote, urlsplit

from hub.errors import HubError
from hub.settings import MAIL_PORTS, Settings

PATIENCE = 20.0
"""Seconds for the server to answer each command; a person may be waiting for the page that sends."""


class MailError(HubError):
    """An e-mail could not be sent; the text says why, and holds no password."""


def can_send(settings: Settings) -> bool:
    """Whether a mail server is set."""
    return bool(settings.smtp_url.get_secret_value())


def send(settings: Settings, to: Sequence[str], subject: str, text: str) -> None:
    """Send one message to all of ``to`` (plain addresses); raises ``MailError``, also when only some were refused."""
    if not can_send(settings):
        raise MailError("No e-mail can be sent: the hub has no mail server. Set HUB_SMTP_URL and HUB_MAIL_FROM.")
    message = _write(settings, to, subject, text)
    address = urlsplit(settings.smtp_url.get_secret_value())
    try:
        with _connect(address) as server:
            if address.username:
                server.login(unquote(address.username), unquote(address.password or ""))
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException) as error:  # most of smtplib's errors are both
        raise MailError(f"The mail server {address.hostname} {_why(error)}") from error
    if refused:
        raise MailError(f"The mail server {address.hostname} refused these recipients: {', '.join(sorted(refused))}.")


def _write(settings: Settings, to: Sequence[str], subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    try:
        message["From"] = settings.mail_from
        message["To"] = ", ".join(_plain(address) for address in to)
        message["Subject"] = " ".join(subject.split())  # a line break would begin another header
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps absence notices from answering
    except (ValueError, MessageError) as error:
        raise MailError(f"The e-mail can't be addressed: {error}.") from error
    message.set_content(text)
    return message


def _plain(address: str) -> str:
    """The address, if it is one and nothing more: it may come from a form."""
    if "@" not in address.strip("@") or any(letter.isspace() or letter in ',;<>"' for letter in address):
        raise MailError(f"{address!r} is not an e-mail address.")
    return address


def _connect(address: SplitResult) -> smtplib.SMTP:
    host, port = address.hostname or "", address.port or MAIL_PORTS[address.scheme]
    if address.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=PATIENCE)
    if address.scheme == "smtp+starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _why(error: Exception) -> str:
    """What follows "The mail server ..."; an address that the server repeats is no secret."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "refused the user name or the password. Check HUB_SMTP_URL."
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"refused these recipients: {', '.join(sorted(error.recipients))}."
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"takes no mail from {error.sender} ({error.smtp_code}). Check HUB_MAIL_FROM."
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"can't do what HUB_SMTP_URL asks for: {error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"showed a certificate that can't be trusted: {error.verify_message}."
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused the message ({error.smtp_code})."
    if isinstance(error, TimeoutError):
        return f"did not answer within {PATIENCE:.0f} seconds."
    return f"could not be reached: {error}. Nothing was sent."
