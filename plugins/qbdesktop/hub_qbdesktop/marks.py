"""The marks we leave in QuickBooks, so that each record can be found again when an answer was lost.

A transaction has its number and, at the end of its memo, a token of the source record and of the generation of its
link; a journal entry has it in the memo of its first line. A payment's number is made of the token. What is in a list
is known by its name.
"""

from __future__ import annotations

import hashlib
import re

from hub import Operation
from hub_qbdesktop import wording, xmltext

_IN_MEMO = re.compile(r"\[LP-([0-9a-f]{12})\]")
_NUMBER_DIGITS = 8
VOIDED = "VOID:"
"""How QuickBooks begins the memo of a transaction that was voided."""


def token(operation: Operation) -> str:
    """The token of an operation's source record and generation: twelve hexadecimal digits."""
    document = operation.document
    text = f"{document.kind}\x1f{document.external_id}\x1f{operation.generation}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def memo(operation: Operation, text: str) -> str:
    """``text`` for people, with the token behind it."""
    ending = f"[LP-{token(operation)}]"
    return f"{xmltext.one_line(text)[: wording.MEMO_LENGTH - len(ending) - 1]} {ending}".strip()


def memo_token(text: str) -> str:
    """The token in a memo, empty when there is none."""
    found = _IN_MEMO.search(text)
    return found[1] if found else ""


def payment_number(operation: Operation) -> str:
    """The number of a payment: eleven characters, as many as a check's number may have."""
    return f"LP-{token(operation)[:_NUMBER_DIGITS].upper()}"
