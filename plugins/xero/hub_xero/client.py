"""Xero's dialect of HTTP: headers, paging, time, throttling and what its answers mean.

Sources: Xero API documentation, Requests and responses, API limits, Idempotent requests, HTTP response codes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from hub import (
    Answer,
    Connection,
    Consent,
    Door,
    Problem,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
    retry_after,
)
from hub_xero.authorisation import disconnected, is_expired, is_stale, not_accepted_yet, rejected, unavailable
from hub_xero.dates import moment
from hub_xero.exact import Json
from hub_xero.settings import API, XeroSettings

PAGE_SIZE = 1000
KEY_LENGTH = 128
_WALKS = 3
_MINUTE_REST = 60.0
_RESTS = {"concurrent": 2.0, "day": 3600.0}
"""Seconds to rest where Xero names the limit and no time."""


def idempotency_key(text: str) -> str:
    """A key Xero takes (at most 128 characters): longer ones are hashed, so that different ones stay
    different.
    """
    return text if len(text) <= KEY_LENGTH else hashlib.sha256(text.encode()).hexdigest()


def throttled(answer: Answer) -> float | None:
    """The seconds to rest when Xero refused a call for its rate.

    ``Retry-After`` comes with the minute and day limits only; too many calls at once are over in a moment.
    """
    if answer.status != 429:
        return None
    asked = retry_after(answer, datetime.now(UTC))
    return _RESTS.get(_limit_reached(answer), _MINUTE_REST) if asked is None else asked


def _limit_reached(answer: Answer) -> str:
    """Which of its limits Xero names: ``minute``, ``day``, ``concurrent``, or the app's for all organisations."""
    return answer.headers.get("X-Rate-Limit-Problem", "").strip().lower()


def crowded(answer: Answer) -> bool:
    """Whether Xero refused a call since too many were under way, its organisation's other apps not counted."""
    return answer.status == 429 and _limit_reached(answer) == "concurrent"


def calls_left_today(answer: Answer) -> int | None:
    """What Xero says is left of the organisation's calls."""
    left = answer.headers.get("X-DayLimit-Remaining", "")
    return int(left) if left.isdigit() else None


@dataclass(frozen=True)
class Listed:
    """One answer to a list call."""

    natives: tuple[Json, ...]
    page: int
    last: bool
    expected: int | None
    answered_at: datetime

    def only(self) -> Json:
        """The one record of a list that has no more than one."""
        if len(self.natives) != 1:
            raise UnreachableError(Problem(code="no_organisation", what="Xero did not name one organisation."))
        return self.natives[0]


def is_at_xero(settings: XeroSettings) -> bool:
    """Whether these are Xero's own organisations, which have pages; those of a simulator have none."""
    return urlsplit(settings.api_url).hostname == urlsplit(API).hostname


class XeroClient:
    """Calls of one organisation. Every call names the tenant, so nothing ever reaches another one."""

    def __init__(self, connection: Connection, http: Door) -> None:
        settings: XeroSettings = connection.settings
        self.tenant_id = connection.account_id
        self._consent = connection.consent
        self._token: str | None = None
        self.is_at_xero = is_at_xero(settings)
        self._connections_url = f"{settings.api_url.rstrip('/')}/connections"
        self._door = http.bind(
            base_url=f"{settings.api_url.rstrip('/')}/api.xro/2.0/",
            headers=self._headers,
            throttled=throttled,
            learn=calls_left_today,
            crowded=crowded,
        )

    def _headers(self, renew: bool) -> Mapping[str, str]:
        if self._consent is None:
            raise UnauthorizedError(
                Problem(code="not_connected", what="Nobody has connected Xero yet.", fix="Press Connect.")
            )
        self._token = self._fresh_token(self._consent, renew)
        return {
            "Authorization": f"Bearer {self._token}",
            "xero-tenant-id": self.tenant_id,
            "Accept": "application/json",
        }

    def _fresh_token(self, consent: Consent, renew: bool) -> str:
        return consent.access_token(rejected=self._token) if renew else consent.access_token()

    def list(self, path: str, params: Mapping[str, str] | None = None, since: datetime | None = None) -> Listed:
        """One list call; the collection has the name of the path. A list without paging is its own last page."""
        params = params or {}
        headers = {"If-Modified-Since": f"{since:%Y-%m-%dT%H:%M:%S}"} if since else {}
        answer = self._answered(self._door.call("GET", path, params=params, headers=headers, expired=is_expired))
        body: Json = {} if answer.status == 304 else _body(answer, _COLLECTIONS.get(path, path))
        natives = list(body.get(_COLLECTIONS.get(path, path)) or ())
        pagination: Json = body.get("pagination") or {}
        return Listed(
            natives=tuple(natives),
            page=int(params.get("page", 1)),
            last=_is_last(params, pagination, natives),
            expected=pagination.get("itemCount"),
            answered_at=_time_of(answer, body),
        )

    def pages(
        self, path: str, params: Mapping[str, str], since: datetime | None = None, start: int = 1
    ) -> Iterator[Listed]:
        """Every page of a list that has pages, from ``start``."""
        page = start
        while True:
            wanted = {**params, "page": str(page), "pageSize": str(PAGE_SIZE)}
            listed = self.list(path, wanted, since)
            is_last = listed.last
            yield listed
            del listed  # a thousand documents need not stay while the next ones are parsed
            if is_last:
                return
            page += 1

    def every(
        self, path: str, params: Mapping[str, str], id_name: str, since: datetime | None = None
    ) -> Iterator[Json]:
        """Each record of a list that has pages, once; with ``since`` only what changed from then on.

        Where a list is not ordered by id, a record that is changed meanwhile moves, and another one slips from the next
        page to one that was read. So a list of several pages is walked again until as many were seen as it has.
        """
        seen: set[str] = set()
        for _ in range(_WALKS):
            page, expected = 0, None
            for listed in self.pages(path, params, since):
                page, expected = listed.page, listed.expected
                for native in listed.natives:
                    if native[id_name] not in seen:
                        seen.add(native[id_name])
                        yield native
                del listed
            if page <= 1 or expected is None or len(seen) >= expected:
                return
        raise UnreachableError(_restless(path))

    def write(self, method: str, path: str, params: Mapping[str, str], body: bytes, key: str) -> Answer:
        """Send one write once. ``key`` is left out when empty, and for a DELETE, which needs none."""
        headers = {"Content-Type": "application/json"} if body else {}
        if key and method != "DELETE":
            headers["Idempotency-Key"] = idempotency_key(key)
        answer = self._door.call(method, path, params=params, body=body or None, headers=headers, expired=is_expired)
        self._check_authorised(answer)
        return answer

    def _answered(self, answer: Answer) -> Answer:
        """A list's answer, when it is one. 304 is: nothing has changed.

        404 is none, for a list is there even when it is empty: it comes from something on the way, or the address
        grew too long. What it was asked for may well be in Xero.
        """
        self._check_authorised(answer)
        if answer.status >= 500 or answer.status == 404:
            raise UnreachableError(_failed(answer))
        if answer.status >= 400:
            raise RejectedError(_failed(answer))
        return answer

    def _check_authorised(self, answer: Answer) -> None:
        if is_stale(answer):
            raise UnreachableError(not_accepted_yet(answer))
        if answer.status == 401:
            raise UnauthorizedError(rejected(answer))
        if answer.status == 403:
            if self.tenant_id not in self._tenants():
                raise UnauthorizedError(disconnected(self.tenant_id))
            raise RejectedError(unavailable(answer))

    def _tenants(self) -> set[str]:
        answer = self._door.call("GET", self._connections_url, expired=is_expired)
        if answer.status in (401, 403) and not is_stale(answer):
            raise UnauthorizedError(rejected(answer))
        if answer.status != 200:
            raise UnreachableError(_failed(answer))
        return {entry["tenantId"] for entry in answer.json()}


_COLLECTIONS = {"Organisation": "Organisations", "Reports/TrialBalance": "Reports"}
"""Where the collection is not called like its path."""


def _body(answer: Answer, collection: str) -> Json:
    """A list's content; one that does not name what was asked for is none, and says nothing of what there is."""
    body = answer.json()
    if isinstance(body, dict) and collection in body:
        return body
    raise UnreachableError(_failed(answer))


def _is_last(params: Mapping[str, str], pagination: Json, natives: list[Json]) -> bool:
    if "page" not in params or not natives:
        return True
    if "pageCount" in pagination:
        return int(params["page"]) >= int(Decimal(pagination["pageCount"]))
    return len(natives) < int(params.get("pageSize", 100))


def _time_of(answer: Answer, body: Json) -> datetime:
    """When Xero answered, by its own clock: a cursor must not depend on ours."""
    if body.get("DateTimeUTC"):
        return moment(body["DateTimeUTC"])
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _restless(path: str) -> Problem:
    return Problem(
        code="list_keeps_changing",
        what=f"Xero's list of {path} changed each time it was read.",
        why="Somebody, or another program, is changing many records there.",
        fix="The hub tries again by itself.",
        done="Nothing was changed.",
    )


def _failed(answer: Answer) -> Problem:
    return Problem(
        code="xero_failed" if answer.status >= 500 or answer.status in (200, 404) else "xero_refused_reading",
        what=f"Xero answered a reading call with status {answer.status}.",
        fix="The hub tries again by itself. If it goes on, look at status.xero.com.",
        done="Nothing was changed.",
        detail=answer.text[:2000],
    )
