"""The one way out: every call to a platform passes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hub.http.answers import Answer
from hub.providers import Limits

if TYPE_CHECKING:
    from hub.store import Store


class Door:
    """A way out for one connection."""

    def __init__(
        self, store: Store, *, connection_id: int, name: str, limits: Limits, **options: Any
    ) -> None:
        self._store = store

    def bind(
        self,
        *,
        base_url: str,
        headers: Callable[[bool], Mapping[str, str]] | Mapping[str, str] = {},
        throttled: Callable[[Answer], float | None] | None = None,
        learn: Callable[[Answer], int | None] | None = None,
    ) -> Door:
        """The same door for one platform."""
        raise NotImplementedError

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        expired: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send one request."""
        raise NotImplementedError

    def flush(self) -> None:
        """Write the exchange log."""
