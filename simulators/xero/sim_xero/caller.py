"""A bare HTTP caller for tests: standard library only, no retries, no interpretation."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `body` is the decoded JSON, or the text when it is none."""

    status: int
    headers: dict[str, str]
    body: Any

    def messages(self) -> list[str]:
        """The top-level validation messages of all elements of a 400."""
        elements = self.body.get("Elements", []) if isinstance(self.body, dict) else []
        return [error["Message"] for element in elements for error in element.get("ValidationErrors", [])]


class Caller:
    """Calls one simulator with one access token in one organisation. One connection per call."""

    def __init__(self, url: str, access_token: str, tenant_id: str) -> None:
        self.address = urlsplit(url).netloc
        self.headers = {
            "Authorization": f"Bearer {access_token}",
            "xero-tenant-id": tenant_id,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Reply:
        """A call of the Accounting API, or of any path that starts with `/_sim`, `/connect` and the like.

        `body` is sent as JSON, bytes or text as they are. Raises OSError or HTTPException when the connection is cut.
        """
        target = path if path.startswith(("/_sim", "/connect", "/identity")) else f"/api.xro/2.0{path}"
        if query:
            target += "?" + urlencode(query)
        content = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        sent = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value}
        connection = http.client.HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, target, content, sent)
            answer = connection.getresponse()
            return _reply(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Reply:
        return self.request("GET", path, None, headers, **query)

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None, **query: Any) -> Reply:
        return self.request("PUT", path, body, headers, **query)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None, **query: Any) -> Reply:
        return self.request("POST", path, body, headers, **query)

    def delete(self, path: str) -> Reply:
        return self.request("DELETE", path)


def _reply(status: int, headers: dict[str, str], content: bytes) -> Reply:
    if "json" in headers.get("Content-Type", ""):
        try:
            return Reply(status, headers, json.loads(content))
        except ValueError:
            return Reply(status, headers, content.decode())
    return Reply(status, headers, content.decode())
