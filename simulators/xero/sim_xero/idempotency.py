"""Idempotency keys: the first answer to a key, errors included, is repeated for about 6 minutes.

Source: Xero's own integration guide (idempotency) - same key with another request is a 400, keys over 128
characters are refused, GET ignores the header. The shape of those 400s is not documented; a problem
document is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from .errors import ApiError, problem_detail

KEPT_SECONDS = 360.0
MAX_LENGTH = 128
_PLACEHOLDERS = {"undefined", "null", "empty", ""}


@dataclass(slots=True)
class Kept:
    """One remembered answer."""

    fingerprint: bytes
    status: int
    content_type: str
    body: bytes
    until: float


def fingerprint(method: str, url: str, body: bytes) -> bytes:
    """What makes two requests the same: method, path with query, body bytes."""
    return sha256(b"\0".join((method.encode(), url.encode(), body))).digest()


def check_key(key: str, refuse_placeholders: bool) -> None:
    """Raise the 400 for a key no live request may carry."""
    if len(key) > MAX_LENGTH:
        raise problem_detail(400, "Bad Request", f"Idempotency Key must not be longer than {MAX_LENGTH} characters")
    if refuse_placeholders and key.strip().lower() in _PLACEHOLDERS:
        raise problem_detail(400, "Bad Request", f"Idempotency Key '{key}' is not valid")


class IdempotencyKeys:
    """Remembered answers by (app, tenant, key). Used under the world's lock."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], Kept] = {}

    def clear(self) -> None:
        self._kept.clear()

    def replay(self, owner: tuple[str, str, str], print_: bytes, now: float) -> Kept | None:
        """The remembered answer, None when there is none, or a raised 400 for a different request."""
        kept = self._kept.get(owner)
        if kept is None or kept.until <= now:
            return None
        if kept.fingerprint != print_:
            raise different_request(owner[2])
        return kept

    def keep(self, owner: tuple[str, str, str], kept: Kept, now: float) -> None:
        if len(self._kept) > 5000:
            self._kept = {key: entry for key, entry in self._kept.items() if entry.until > now}
        self._kept[owner] = kept


def different_request(key: str) -> ApiError:
    return problem_detail(400, "Bad Request", f"Idempotency Key '{key}' is used with a different request")
