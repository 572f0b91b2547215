"""One call and its answer, free of any web framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

PREFIX = "/externalapi/v2"


@dataclass(frozen=True, slots=True)
class Call:
    """A request: header names in lower case, ``path`` below the API root in lower case without slashes at
    its ends.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    path: str
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Take a request line apart; parameter names match in any letter case, as the real service does."""
        raw_path, _, query = target.partition("?")
        path = raw_path.lower()
        inside = path.removeprefix(PREFIX).strip("/") if path.startswith(PREFIX) else path
        return cls(
            method,
            target,
            headers,
            body,
            inside,
            {name.lower(): value for name, value in parse_qsl(query, keep_blank_values=True)},
        )

    def text(self, name: str) -> str | None:
        """A parameter, None when absent or blank."""
        value = self.parameters.get(name, "").strip()
        return value or None

    def flag(self, name: str) -> bool:
        """Whether a yes/no parameter says yes."""
        return self.parameters.get(name, "").strip().lower() in ("true", "1")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; with ``cut`` the connection is closed and no byte of it is sent."""

    status: int
    body: bytes
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    note: str = ""

    @classmethod
    def json(cls, value: object, status: int = 200) -> Answer:
        """A JSON answer."""
        return cls(status, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


class RefusedError(Exception):
    """The API refuses a call, with a status and a text for ``Exception``."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
