"""The marks we leave on records in Xero, so that each can be found again when an answer was lost.

An invoice's and a bill's ``Url`` leads to the source document and carries a token; a customer's credit note
and every payment carry the token at the end of ``Reference``; a journal carries it in both ways, its text being
``Narration``; a contact carries ``ContactNumber``. The token stands for the source record and the generation of
its link, so a record that was voided and posted anew gets another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from hub import Operation

PARAMETER = "ledgerport"
NOWHERE = "https://ledgerport.invalid/"
"""Carries the token when the source has no page of its own; the reserved name never leads anywhere (RFC
2606).
"""
CONTACT_PREFIX = "LP-"
CONTACT_NUMBER_LENGTH = 50
REFERENCE_LENGTH = 255
NARRATION_LENGTH = 4000
_TOKEN_LENGTH = 12
_AT_THE_END = re.compile(r"\[LP-([0-9a-f]{12})\]$")


def token(operation: Operation) -> str:
    """The token of an operation's source record and generation: twelve hexadecimal digits."""
    document = operation.document
    text = f"{document.kind}\x1f{document.external_id}\x1f{operation.generation}"
    return hashlib.sha256(text.encode()).hexdigest()[:_TOKEN_LENGTH]


def url(operation: Operation) -> str:
    """The source document's address with our token in its query, ahead of any fragment the source uses
    itself.
    """
    source = operation.document.source_url or ""
    parts = urlsplit(source if re.match(r"https?://[^\s/]", source) else NOWHERE)
    query = "&".join(filter(None, (parts.query, f"{PARAMETER}={token(operation)}")))
    return urlunsplit(parts._replace(query=query))


def url_token(address: str) -> str:
    """The token in a ``Url``, empty when there is none."""
    return dict(parse_qsl(urlsplit(address).query)).get(PARAMETER, "")


def reference(operation: Operation, text: str) -> str:
    """A ``Reference``: ``text`` for people with the token behind it."""
    return _marked(operation, text, REFERENCE_LENGTH)


def narration(operation: Operation, text: str) -> str:
    """A journal's ``Narration``: ``text`` for people with the token behind it."""
    return _marked(operation, text, NARRATION_LENGTH)


def _marked(operation: Operation, text: str, length: int) -> str:
    ending = f"[LP-{token(operation)}]"
    return f"{text[: length - len(ending) - 1]} {ending}".strip()


def text_token(text: str) -> str:
    """The token at the end of a ``Reference`` or ``Narration``, empty when there is none."""
    found = _AT_THE_END.search(text)
    return found[1] if found else ""


def carried_token(native: Mapping[str, Any]) -> str:
    """The token that a record carries in its link, or else at the end of its reference or narration."""
    texts = (native.get("Reference") or "", native.get("Narration") or "")
    return url_token(native.get("Url") or "") or next(filter(None, map(text_token, texts)), "")


def contact_number(operation: Operation) -> str:
    """The ``ContactNumber`` of a contact we make. Archived contacts keep theirs, so each generation has its
    own.
    """
    suffix = f"/{operation.generation}" if operation.generation > 1 else ""
    plain = f"{CONTACT_PREFIX}{operation.document.external_id}{suffix}"
    if len(plain) <= CONTACT_NUMBER_LENGTH and plain.isascii() and plain.isprintable():
        return plain
    return f"{CONTACT_PREFIX}{token(operation)}"
