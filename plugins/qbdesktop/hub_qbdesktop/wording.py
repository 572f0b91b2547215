"""Texts, names and numbers made to fit QuickBooks' fields, always the same way, and a note of what was changed."""

from __future__ import annotations

import hashlib

from hub_qbdesktop import xmltext

NAME_LENGTH = 41
ITEM_NAME_LENGTH = 31
DESCRIPTION_LENGTH = 4095
MEMO_LENGTH = 4095
_TOKEN = 4


class Notes(list[str]):
    """What was changed to make a document fit, in words for the preview."""

    def cut(self, text: str, length: int, what: str) -> str:
        """``text``, kept on one line, without the part that QuickBooks has no room for."""
        plain = xmltext.one_line(text)
        if len(plain) <= length:
            return plain
        self.append(f"{what} was cut to {length} characters, the most QuickBooks takes.")
        return plain[:length].rstrip()

    def name(self, text: str, length: int, what: str) -> str:
        """A name within its length; a longer one ends in digits made of the whole, so that no two become the same."""
        plain = shortened(xmltext.name(text), length)
        if plain != text.strip():
            self.append(f"{what} '{text.strip()}' is written as '{plain}' in QuickBooks.")
        return plain

    def number(self, text: str, length: int) -> tuple[str, bool]:
        """A number within its length, and whether it is another: then the whole goes into the memo."""
        whole = xmltext.one_line(text)
        if len(whole) <= length:
            return whole, whole != text.strip()
        plain = f"{whole[-(length - _TOKEN - 1) :].lstrip(' -/.')}~{_digits(whole)}"
        self.append(
            f"The number {whole} has more than {length} characters: it is {plain} in QuickBooks, and the whole of it is"
            " in the memo."
        )
        return plain, True


def shortened(text: str, length: int) -> str:
    """A text within its length: its beginning, and digits made of the whole."""
    return text if len(text) <= length else f"{text[: length - _TOKEN - 1].rstrip()}~{_digits(text)}"


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_TOKEN].upper()
