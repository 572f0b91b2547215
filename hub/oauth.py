"""OAuth 2 consents."""

from __future__ import annotations


class Consent:
    """One consent at the vendor, shared by all connections made from it."""

    id: int

    def access_token(self, *, rejected: str | None = None) -> str:
        """A valid token."""
        raise NotImplementedError
