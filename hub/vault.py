"""Secrets at rest: sealed with the first key, opened with any, so that keys can be rotated without a stop."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import SettingsError

SHORTEST_SECRET = 32


class Vault:
    """Encrypts with the first of ``keys``; every one decrypts (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise SettingsError("HUB_SECRET_KEYS is empty: credentials need at least one key.")
        self._keys = tuple(_fernet_key(key, number) for number, key in enumerate(keys, start=1))
        self._fernet = MultiFernet([Fernet(key) for key in self._keys])

    def seal(self, value: bytes | Mapping[str, Any]) -> bytes:
        """Encrypt bytes, or a mapping of JSON values."""
        plain = value if isinstance(value, bytes) else json.dumps(dict(value), separators=(",", ":")).encode()
        return self._fernet.encrypt(plain)

    def open_bytes(self, sealed: bytes) -> bytes:
        """Decrypt what :meth:`seal` made; raises ``SettingsError`` when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise SettingsError(_WRONG_KEY) from None

    def open(self, sealed: bytes) -> dict[str, Any]:
        """Decrypt a sealed mapping."""
        opened: dict[str, Any] = json.loads(self.open_bytes(sealed))
        return opened

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the first key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise SettingsError(_WRONG_KEY) from None

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """One 32-byte key per secret key, newest first, for a purpose such as signing browser sessions."""
        return tuple(_hkdf(key, f"hub {purpose}") for key in self._keys)


_WRONG_KEY = (
    "A stored secret can't be decrypted with the present keys. Put the right key back:"
    " add it to the end of HUB_SECRET_KEYS, or restore secret.key in HUB_DATA from your backup."
)


def _fernet_key(key: str, number: int) -> bytes:
    """A generated key as it is; any other long secret stretched to one."""
    try:
        decoded = base64.urlsafe_b64decode(key.encode())
    except ValueError:
        decoded = b""
    if len(decoded) == 32 and len(key) == 44:
        return key.encode()
    if len(key) < SHORTEST_SECRET:
        raise SettingsError(
            f"Key {number} of HUB_SECRET_KEYS is too short: use at least {SHORTEST_SECRET} random characters"
            " (openssl rand -base64 32 makes some)."
        )
    return base64.urlsafe_b64encode(_hkdf(key.encode(), "hub vault"))


def _hkdf(secret: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
