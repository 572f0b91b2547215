"""Passwords: what makes one good enough, and how they are kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from passlib.hash import argon2
from zxcvbn import zxcvbn

SHORTEST, LONGEST = 12, 128
SCORE = 3
"""Of zxcvbn's 0 to 4: safe where guessing is slowed down as it is here."""


def normalized(password: str) -> str:
    """The same password, however the keyboard composes its letters."""
    return unicodedata.normalize("NFKC", password)


def objection(password: str, about: Sequence[str] = ()) -> str:
    """Why a password is not good enough, or nothing. ``about`` are words that anybody would try: names, the e-mail.

    The judgement is zxcvbn's, which knows common passwords, names and patterns, and asks no service.
    """
    password = normalized(password)
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters: three or four words are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    judged = zxcvbn(_unexpected(password, about)[:72])  # longer ones take it very long
    if judged["score"] >= SCORE:
        return ""
    advice = " ".join(part.rstrip(".") + "." for part in (judged["feedback"]["warning"],) if part)
    return f"This password is too easy to guess. {advice} Add a word or two that nobody expects.".replace("  ", " ")


def hashed(password: str) -> str:
    """An argon2id hash to keep."""
    return str(argon2.hash(normalized(password)))


def matches(password: str, kept: str) -> bool:
    """Whether it is the password of this hash."""
    return bool(argon2.verify(normalized(password), kept))


def _unexpected(password: str, about: Sequence[str]) -> str:
    """What is left without the words that anybody would try first."""
    words = {part for text in ("ledgerport", *about) for part in (text, *re.split(r"[\s@._-]+", text)) if len(part) > 2}
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(pattern, "", password, flags=re.IGNORECASE) or "password"
