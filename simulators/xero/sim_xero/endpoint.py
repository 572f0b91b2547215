"""How an endpoint of the Accounting API is written down, and what it is given.

An endpoint is a function from `Call` to a payload (a dict to be sent as JSON or XML), registered with the
method, the path below /api.xro/2.0 and the resource whose scope it needs. It runs under the world's lock;
what it changes is kept when it returns and taken back when it raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .books import Books
from .errors import post_data_invalid
from .world import World

Payload = dict[str, Any]
View = Callable[["Call"], Payload | None]


@dataclass(slots=True)
class Call:
    """One authorised request."""

    world: World
    books: Books
    client_id: str
    method: str
    query: dict[str, str]
    args: dict[str, str]
    if_modified_since: str
    body: Any
    now: datetime

    @property
    def unit_places(self) -> int:
        """Decimal places of unit amounts: 4 with `unitdp=4`, else 2."""
        return 4 if self.query.get("unitdp") == "4" else 2

    @property
    def summarize_errors(self) -> bool:
        """Absent or true: one bad element makes the whole answer a 400."""
        return self.query.get("summarizeerrors", "true").lower() != "false"

    def flag(self, name: str) -> bool:
        return self.query.get(name.lower(), "").lower() == "true"

    def elements(self, wrapper: str) -> list[dict[str, Any]]:
        """The objects of the body: `{"Invoices": [...]}` or a single object; anything else cannot be read."""
        body = self.body
        if not isinstance(body, dict):
            raise post_data_invalid(f"A JSON object with {wrapper} was expected.")
        found = body.get(wrapper, body)
        rows = found if isinstance(found, list) else [found]
        if not all(isinstance(row, dict) for row in rows):
            raise post_data_invalid(f"Error converting value to an element of '{wrapper}'. Path '{wrapper}'.")
        return rows

    def element(self, wrapper: str) -> dict[str, Any]:
        """The first object of the body; an empty list cannot be read."""
        rows = self.elements(wrapper)
        if not rows:
            raise post_data_invalid(f"One element of '{wrapper}' was expected.")
        return rows[0]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One registered endpoint."""

    method: str
    path: str
    resource: str
    view: View


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, path: str, resource: str) -> Callable[[View], View]:
    """Register a view; the path is Flask's, below /api.xro/2.0."""

    def register(view: View) -> View:
        ENDPOINTS.append(Endpoint(method, path, resource, view))
        return view

    return register
