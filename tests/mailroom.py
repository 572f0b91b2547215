"""A mail server on this machine that keeps what it is sent."""

from __future__ import annotations

from asyncio import Server
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from patience import PATIENCE


@dataclass
class MailRoom:
    """Takes every message, except for recipients it does not know."""

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    strangers: frozenset[str] = frozenset({"nobody@example.com"})

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.strangers:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 taken"

    def last(self) -> str:
        """The text of the newest message."""
        return str(self.messages[-1].get_content())


class MailServer(Controller):
    """An SMTP server on a free port of this machine, for the length of a ``with`` block."""

    def __init__(self, room: MailRoom, **options: Any) -> None:
        super().__init__(room, hostname="127.0.0.1", port=0, ready_timeout=PATIENCE, **options)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]  # it was 0 until now, for a free one
        super()._trigger_server()  # type: ignore[no-untyped-call]

    def __enter__(self) -> MailServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
