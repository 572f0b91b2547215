"""A plain HTTP client for tests of the simulator and of programs that talk to it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from sim_cin7core.simulator import Simulator


@dataclass
class Reply:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.body)


@dataclass
class Client:
    """Calls a simulator with its keys; ``headers`` overwrite them."""

    simulator: Simulator
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, method: str = "GET", body: object = None, **parameters: Any) -> Reply:
        """One call over a connection of its own; ``path`` below the API root, or from the root with a
        slash.
        """
        address = urlsplit(self.simulator.root)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=60)
        target = path if path.startswith("/") else f"/ExternalApi/v2/{path}"
        target += "?" + urlencode(parameters) if parameters else ""
        content = None if body is None else json.dumps(body)
        headers = {**self.simulator.headers, **self.headers, "Content-Type": "application/json"}
        try:
            connection.request(method, target, content, headers)
            response = connection.getresponse()
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def rows(self, path: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of a list, page after page."""
        rows: list[dict[str, Any]] = []
        page = 1
        while True:
            answer = self.ask(path, Page=page, Limit=500, **parameters).json
            rows += answer[key]
            if page * 500 >= answer["Total"]:
                return rows
            page += 1

    def sale(self, sale_id: str, **parameters: Any) -> dict[str, Any]:
        """The detail of a sale."""
        shown: dict[str, Any] = self.ask("sale", ID=sale_id, **parameters).json
        return shown
