"""The very first page: who may become the owner of a hub that has nobody yet."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlsplit

from hub.engine import Hub
from hub.settings import LOOPBACK, Settings


def is_private(settings: Settings) -> bool:
    """Whether only this machine reaches the pages: not the network, and no proxy that lets others in."""
    return settings.listen_host in LOOPBACK and urlsplit(settings.base_url).hostname in LOOPBACK


def needs_code(settings: Settings, address: str) -> bool:
    """Whether a visitor from this network address must prove that they can read the hub's log."""
    return not is_private(settings) or address not in LOOPBACK


def set_up_code(hub: Hub) -> str:
    """What proves it: the same in every process and after a restart, worth nothing once there is an owner."""
    code = base64.b32encode(hub.vault.derive("owner set-up")[0][:10]).decode()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def is_code(hub: Hub, typed: str) -> bool:
    """Whether it is the code, however it was typed."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum())
    return hmac.compare_digest(plain.encode(), set_up_code(hub).replace("-", "").encode())
