"""Texts made to fit Xero's fields, always the same way, and a note of what was changed."""

from __future__ import annotations

import re
import unicodedata

NAME_LENGTH = 255
NUMBER_LENGTH = 255
DESCRIPTION_LENGTH = 4000
ITEM_CODE_LENGTH = 30
ITEM_NAME_LENGTH = 50
EMAIL_LENGTH = 255
TAX_NUMBER_LENGTH = 50
PHONE_LENGTH = 50
ACCOUNT_NUMBER_LENGTH = 50

_LOOKALIKES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u00a0\u2044", "------'' /")


class Notes(list[str]):
    """What was changed to make a document fit, in words for the preview."""

    def cut(self, text: str, length: int, what: str) -> str:
        """``text`` without the part that Xero has no room for."""
        if len(text) <= length:
            return text
        self.append(f"{what} was cut to {length} characters, the most Xero takes.")
        return text[:length].rstrip()

    def replaced(self, before: str, after: str, what: str) -> str:
        """``after``, noting that it differs from ``before``."""
        if before != after:
            self.append(f"{what} '{before}' is written as '{after}' in Xero.")
        return after


def printable_ascii(text: str) -> str | None:
    """A number in the characters Xero takes (accents dropped, dashes plain); ``None`` when something has no
    likeness.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES))
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return plain if plain.isascii() and plain.isprintable() else None


def contact_name(text: str) -> str:
    """A contact's name without angle brackets and superfluous spaces, which Xero refuses."""
    return re.sub(r"\s+", " ", text.replace("<", "(").replace(">", ")")).strip()


def one_line(text: str) -> str:
    """The text on one line, without superfluous spaces."""
    return re.sub(r"\s+", " ", text).strip()


def letters_only(text: str) -> str:
    """A country's name as Xero takes it: plain letters and spaces."""
    plain = printable_ascii(text) or ""
    return one_line(re.sub(r"[^A-Za-z ]+", " ", plain))
