"""E-mail, sent to a real server on this machine."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mailroom import MailRoom, MailServer

from hub import notify
from hub.errors import SettingsError
from hub.settings import Settings, load_settings


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    assert isinstance(given, LoginPassword)
    right = given.login == b"hub" and given.password == b"p:ss/w@rd"
    return AuthResult(success=right, handled=False)


@pytest.fixture
def room() -> MailRoom:
    return MailRoom()


@pytest.fixture
def plain_server(room: MailRoom) -> Iterator[MailServer]:
    with MailServer(room) as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail of the test")])
    start = datetime.now(UTC) - timedelta(hours=1)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "mail.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def encrypting_server(room: MailRoom, certificate: ssl.SSLContext) -> Iterator[MailServer]:
    options = {"tls_context": certificate, "require_starttls": True, "auth_required": True}
    with MailServer(room, authenticator=authenticator, **options) as server:
        yield server


def settings_for(server: MailServer, scheme: str = "smtp", person: str = "") -> Settings:
    url = f"{scheme}://{person}127.0.0.1:{server.port}"
    return load_settings(smtp_url=url, mail_from="Ledgerport <hub@example.com>")


def test_a_message_arrives_as_it_was_written(plain_server: MailServer, room: MailRoom) -> None:
    text = "Good evening,\n\nthe run of “Büro” failed: £34,120.55 wait.\n"
    notify.send(settings_for(plain_server), ["ann@example.com", "bob@example.com"], "3 runs failed · please look", text)
    (message,) = room.messages
    assert message["Subject"] == "3 runs failed · please look"
    assert message["From"] == "Ledgerport <hub@example.com>"
    assert message.get_content().replace("\r\n", "\n") == text
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.com>")
    assert room.recipients == [["ann@example.com", "bob@example.com"]]


def test_a_password_goes_only_through_an_encrypted_connection(encrypting_server: MailServer, room: MailRoom) -> None:
    settings = settings_for(encrypting_server, "smtp+starttls", "hub:p%3Ass%2Fw%40rd@")
    notify.send(settings, ["ann@example.com"], "Hello", "Text")
    assert room.encrypted == [True]


def test_a_server_that_encrypts_from_the_first_byte_is_reached(room: MailRoom, certificate: ssl.SSLContext) -> None:
    with MailServer(room, ssl_context=certificate) as server:
        notify.send(settings_for(server, "smtps"), ["ann@example.com"], "Hello", "Text")
    assert room.encrypted == [True]


def test_a_wrong_password_is_said_without_saying_it(encrypting_server: MailServer, room: MailRoom) -> None:
    settings = settings_for(encrypting_server, "smtp+starttls", "hub:wrong-secret@")
    with pytest.raises(notify.MailError, match="refused the user name or the password") as raised:
        notify.send(settings, ["ann@example.com"], "Hello", "Text")
    assert "wrong-secret" not in str(raised.value)
    assert room.messages == []


def test_a_certificate_of_somebody_else_is_not_trusted(
    encrypting_server: MailServer, room: MailRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(notify.MailError, match="certificate that can't be trusted"):
        notify.send(settings_for(encrypting_server, "smtp+starttls"), ["ann@example.com"], "Hello", "Text")
    assert room.messages == []


def test_a_server_without_encryption_is_not_spoken_to_openly(plain_server: MailServer, room: MailRoom) -> None:
    with pytest.raises(notify.MailError, match="can't do what HUB_SMTP_URL asks for"):
        notify.send(settings_for(plain_server, "smtp+starttls"), ["ann@example.com"], "Hello", "Text")
    assert room.messages == []


def test_a_server_that_is_away_is_named(closed_port: int) -> None:
    settings = load_settings(smtp_url=f"smtp://127.0.0.1:{closed_port}", mail_from="hub@example.com")
    with pytest.raises(notify.MailError, match=r"127\.0\.0\.1 could not be reached: .*refused"):
        notify.send(settings, ["ann@example.com"], "Hello", "Text")


def test_whom_the_server_refuses_is_told_and_the_others_get_it(plain_server: MailServer, room: MailRoom) -> None:
    with pytest.raises(notify.MailError, match=r"refused these recipients: nobody@example\.com\."):
        notify.send(settings_for(plain_server), ["ann@example.com", "nobody@example.com"], "Hello", "Text")
    assert room.recipients == [["ann@example.com"]]
    with pytest.raises(notify.MailError, match=r"refused these recipients: nobody@example\.com\."):
        notify.send(settings_for(plain_server), ["nobody@example.com"], "Hello", "Text")
    assert len(room.messages) == 1


def test_nothing_can_be_smuggled_into_the_headers(plain_server: MailServer, room: MailRoom) -> None:
    settings = settings_for(plain_server)
    notify.send(settings, ["ann@example.com"], "Invoice\r\nBcc: eve@example.com", "Text")
    assert room.messages[0]["Subject"] == "Invoice Bcc: eve@example.com"
    assert room.messages[0]["Bcc"] is None
    for address in ("ann@example.com, eve@example.com", "ann@example.com\nBcc: eve@example.com", "ann", "@"):
        with pytest.raises(notify.MailError, match="is not an e-mail address"):
            notify.send(settings, [address], "Hello", "Text")
    assert room.recipients == [["ann@example.com"]]


def test_without_a_mail_server_the_setting_is_named() -> None:
    assert not notify.can_send(load_settings())
    with pytest.raises(notify.MailError, match="Set HUB_SMTP_URL"):
        notify.send(load_settings(), ["ann@example.com"], "Hello", "Text")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example.com", "it should look like smtp"),
        ("http://hub:top-secret@mail.example.com", "it should look like smtp"),
        ("smtps://hub:top-secret@", "it should look like smtp"),
        ("smtps://hub:top-secret@mail.example.com:99999", "port"),
        ("smtp://hub:top-secret@mail.example.com", "a password is only sent encrypted"),
    ],
)
def test_a_wrong_mail_server_stops_the_start_and_its_password_is_not_shown(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match="HUB_SMTP_URL is not usable") as raised:
        load_settings(smtp_url=url, mail_from="hub@example.com")
    assert words in str(raised.value)
    assert "top-secret" not in str(raised.value)


@pytest.mark.parametrize("sender", ["", "hub", "Ledgerport <>"])
def test_a_mail_server_needs_a_sender(sender: str) -> None:
    with pytest.raises(SettingsError, match="HUB_MAIL_FROM is not usable: an e-mail address is needed"):
        load_settings(smtp_url="smtp://mail.example.com", mail_from=sender)
