"""An HTTP answer, read the way business data needs it: numbers with a fraction are exact."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NoReturn

from requests.structures import CaseInsensitiveDict

from hub.errors import Problem, UnreachableError, UnsureError

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing at the platform, so that asking again is harmless."""


_ZERO = (r"\u0000", r"\ufffd")
"""An escaped zero character, which PostgreSQL keeps in no text, and the sign for what can't be shown: as long, so that
the JSON stays whole even where the backslash is an escaped one."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``headers`` may be asked in any case; ``method`` is that of the call it answers."""

    status: int
    headers: Mapping[str, str] = field(default_factory=CaseInsensitiveDict)
    content: bytes = b""
    url: str = ""
    method: str = "GET"

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        """The body as text; UTF-8 unless the answer says otherwise."""
        declared = re.search(r"charset=\"?([\w-]+)", self.headers.get("Content-Type", ""))
        try:
            return self.content.decode(declared[1] if declared else "utf-8-sig", errors="replace")
        except LookupError:
            return self.content.decode("utf-8-sig", errors="replace")

    @cached_property
    def _parsed(self) -> tuple[bool, Any]:
        looks = "json" in self.content_type or (
            self.content_type in ("", "text/plain") and self.text.lstrip()[:1] in ("{", "[")
        )
        if not looks:
            return False, None
        try:
            return True, json.loads(self.text.replace(*_ZERO), parse_float=Decimal, parse_constant=_refuse)
        except ValueError:
            return False, None

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON, and is."""
        return self._parsed[0]

    def json(self) -> Any:
        """The parsed body; a number with a fraction is a ``Decimal``.

        When it is not JSON: ``UnreachableError`` for a read, ``UnsureError`` for a write.
        """
        readable, value = self._parsed
        if not readable:
            safe = self.method in SAFE_METHODS
            problem = Problem(
                code="not_json",
                what=f"{self.url.partition('?')[0]} answered with {self._form} instead of data.",
                why=f"The status was {self.status}.",
                fix="Usually this passes by itself; if not, check the address and the platform's status.",
                done="" if safe else "It will be looked for before anything is sent again.",
                detail=self.text[:2000],
            )
            raise (UnreachableError if safe else UnsureError)(problem)
        return value

    @property
    def _form(self) -> str:
        if not self.content:
            return "nothing"
        is_page = "html" in self.content_type or "<html" in self.text[:500].lower()
        return "a web page" if is_page else "something else"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number that JSON knows")
