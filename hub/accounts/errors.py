"""What a person asked for that can't be done to people."""

from __future__ import annotations

from hub.errors import HubError


class AccountError(HubError):
    """Refused, with the reason in words for the person who asked."""
