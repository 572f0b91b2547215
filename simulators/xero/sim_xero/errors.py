"""What the API says when it refuses.

Two kinds: `ApiError` ends the whole request with a status of its own; `ValidationError` is about one element of a
batch. Shapes: Xero API documentation, HTTP response codes and errors.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


class ApiError(Exception):
    """The whole request is refused with one status and one body (a JSON object or plain text)."""

    def __init__(self, status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None):
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class ValidationError(Exception):
    """One element breaks rules; `nested` holds messages by the path of the part they are about."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)
        self.nested: dict[tuple[str | int, ...], list[str]] = {}

    def add(self, message: str, *path: str | int) -> None:
        """Add a message; with a path it is also shown on that part of the echoed element."""
        self.messages.append(message)
        if path:
            self.nested.setdefault(path, []).append(message)

    def __str__(self) -> str:
        return " ".join(self.messages)

    def raise_if_any(self) -> None:
        if self.messages:
            raise self


def problem_detail(status: int, title: str, detail: str) -> ApiError:
    """The gateway's refusals (401, 403, some 400): a problem document with a null Type."""
    body: dict[str, Any] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    return ApiError(status, body)


def post_data_invalid(message: str) -> ApiError:
    """A body or field that cannot be read at all; nothing of the request is processed."""
    return ApiError(400, {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": message})


def query_invalid(message: str) -> ApiError:
    """A `where` or `order` that cannot be read."""
    return ApiError(400, {"ErrorNumber": 16, "Type": "QueryParseException", "Message": message})


def not_found() -> ApiError:
    """404 is plain text, also when JSON was asked for."""
    return ApiError(404, "The resource you're looking for cannot be found")
