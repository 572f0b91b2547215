"""The marks we leave on records in Xero, so that each can be found again when an answer was lost.

An invoice's and a bill's ``Url`` leads to the source document and carries a token; a customer's credit note
and every payment carry the token at the end of ``Reference``; a contact carries ``ContactNumber``. The token
stands for the source record and the generation of its link, so a record that was voided and posted anew gets
another one.
"""

from __future__ import annotations

import hashlib
import re
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
_TOKEN_LENGTH = 12
_IN_REFERENCE = re.compile(r"\[LP-([0-9a-f]{12})\]$")


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
    """``text`` for people with the token behind it."""
    ending = f"[LP-{token(operation)}]"
    return f"{text[: REFERENCE_LENGTH - len(ending) - 1]} {ending}".strip()


def reference_token(text: str) -> str:
    """The token in a ``Reference``, empty when there is none."""
    found = _IN_REFERENCE.search(text)
    return found[1] if found else ""


def contact_number(operation: Operation) -> str:
    """The ``ContactNumber`` of a contact we make. Archived contacts keep theirs, so each generation has its
    own.
    """
    suffix = f"/{operation.generation}" if operation.generation > 1 else ""
    plain = f"{CONTACT_PREFIX}{operation.document.external_id}{suffix}"
    if len(plain) <= CONTACT_NUMBER_LENGTH and plain.isascii() and plain.isprintable():
        return plain
    return f"{CONTACT_PREFIX}{token(operation)}"
