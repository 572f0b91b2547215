"""What may be kept of a conversation: no credential, no token, no password.

Patterns work on text rather than on parsed data because what is logged is often cut short or broken, and
those are the exchanges that somebody reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

REDACTED = "[redacted]"

_NAMED = r"(?:[\w.\-]*(?:token|secret|passw(?:or)?d|applicationkey|api[-_]?key|assertion|code_verifier)[\w.\-]*)"
_HEADER = re.compile(rf"{_NAMED}|.*authorization|.*-auth-.*|(?:set-)?cookie|.*signature", re.IGNORECASE)
# A value may end with the text, because the text may have been cut in the middle of it.
_JSON = re.compile(rf'("{_NAMED}"\s*:\s*)(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[\w.+-]+)', re.IGNORECASE)
_XML = re.compile(rf"(<(?:\w+:)?({_NAMED})(?:\s[^>]*)?>)[^<]+", re.IGNORECASE)
# ``code`` alone and in small letters is an authorization code; "Code" is an item's or an account's.
_FORM = re.compile(rf"((?:^|[?&#;\s])(?:(?i:{_NAMED})|code)=)[^&#\s]*")
# What every pattern above needs somewhere: most bodies hold none of it, and finding that out is much quicker.
_TELLTALES = (
    "token",
    "secret",
    "passw",
    "applicationkey",
    "apikey",
    "api-key",
    "api_key",
    "assertion",
    "verifier",
    "code=",
)
_USERINFO = re.compile(r"(?<=//)[^/@\s]+@")


def redact_url(url: str) -> str:
    """The address without user, password, tokens or authorization codes."""
    return _FORM.sub(rf"\1{REDACTED}", _USERINFO.sub(f"{REDACTED}@", url))


def redact_headers(headers: Mapping[str, str]) -> str:
    """One ``Name: value`` a line."""
    return "\n".join(f"{name}: {REDACTED if _HEADER.fullmatch(name) else headers[name]}" for name in headers)


def redact_body(body: bytes, limit: int) -> str:
    """At most ``limit`` bytes of a body as text, and what was left out; for binary data only its length."""
    kept = body[:limit]
    if b"\x00" in kept:
        return f"[{len(body)} bytes of binary data]"
    text = kept.decode("utf-8", errors="replace")
    if _may_tell(text):
        for pattern in (_JSON, _XML, _FORM):
            text = pattern.sub(rf"\1{REDACTED}", text)
    return text if len(body) <= limit else f"{text}\n[{len(body) - limit} more bytes]"


def _may_tell(text: str) -> bool:
    """Whether a pattern could match; folded as regular expressions fold, for whom every sort of i is an i."""
    folded = text.casefold().replace("\u0131", "i").replace("i\u0307", "i")
    return any(telltale in folded for telltale in _TELLTALES)
