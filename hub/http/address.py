"""Where a call goes: never to another origin than the one its credentials are for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hub.errors import SettingsError
from hub.http.redaction import redact_url

_PORTS = {"http": 80, "https": 443}
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_DISPUTED = re.compile(r"[\\\s\x00-\x1f]")
"""Characters that programs read differently; with them a host could be mistaken for another."""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; raises ``SettingsError`` for anything but an http or https address."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _PORTS or not host or _DISPUTED.search(url):
        raise SettingsError(f"{redact_url(url)!r} is not an address that starts with https:// or http://.")
    return scheme, host, port or _PORTS[scheme]


def resolve(base_url: str, path: str) -> str:
    """``path`` below ``base_url``, or ``path`` itself when it is an address of the same origin."""
    if not _ABSOLUTE.match(path):
        path = f"{base_url.rstrip('/')}/{path.lstrip('/')}" if path else base_url
    if origin(path) != origin(base_url):
        raise SettingsError(f"{redact_url(path)} is not at {redact_url(base_url)}; credentials are not sent elsewhere.")
    return path
