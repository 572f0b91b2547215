"""Core's dialect of HTTP: how it signs in, throttles, refuses and pages.

Sources: Cin7 Core API v2 documentation (status codes, limits, paging). It documents 503 for throttling until
2024 and 429 since; in the wild both occur, also without a usable Retry-After, and also as another status
whose text says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub import Answer, Door, Problem, ProviderError, RejectedError, UnauthorizedError, UnreachableError, retry_after
from hub_cin7core.fields import Native

PAGE_SIZE = 1000
"""The most rows Core lists in one call."""

_REST = 60.0
_LIMIT_TEXT = re.compile(r"reached\s+\d+\s+calls\s+per", re.IGNORECASE)
_SHORT = 2000
"""An answer longer than this is data, whatever words occur in it."""
_KEY_HELP = (
    "Open Cin7 Core, Integration, API, choose the application, copy its Key and the Account ID above the "
    "list, and paste both here."
)


class FaultError(UnreachableError):
    """Core failed by itself (5xx) on a read; perhaps on this one record only."""


@dataclass(frozen=True)
class ListPage:
    """One page of a list; ``total`` is None where Core does not say how many rows there are."""

    number: int
    rows: tuple[Native, ...]
    total: int | None


class Client:
    """Reads from one Core account; safe to use from several threads at once."""

    def __init__(self, door: Door, *, base_url: str, account_id: str, application_key: str) -> None:
        self._door = door.bind(
            base_url=base_url,
            headers={
                "api-auth-accountid": account_id,
                "api-auth-applicationkey": application_key,
                "Accept": "application/json",
            },
            throttled=throttled,
        )

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The parsed JSON of one GET. Raises what :func:`refusal` says for anything else."""
        answer = self._door.call("GET", path, params=params)
        if answer.status == 200 and answer.is_json:
            return answer.json()
        raise refusal(answer, path)

    def pages(self, path: str, key: str, params: Mapping[str, str], start: int = 1) -> Iterator[ListPage]:
        """The pages of a list from ``start`` on.

        The end is where Core's ``Total`` is reached, or an empty page; without ``Total``, a short page. A
        page may be shorter than asked for without being the last when Core caps the page size.
        """
        number, before = start, (start - 1) * PAGE_SIZE
        while True:
            page = self._page(path, key, params, number)
            yield page
            before += len(page.rows)
            is_short = len(page.rows) < PAGE_SIZE
            if not page.rows or (is_short if page.total is None else before >= page.total):
                return
            number += 1

    def _page(self, path: str, key: str, params: Mapping[str, str], number: int) -> ListPage:
        found = self.get(path, {**params, "Page": str(number), "Limit": str(PAGE_SIZE)})
        rows = found if isinstance(found, list) else found.get(key) if isinstance(found, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise ProviderError(
                Problem(
                    code="cin7core_unexpected_answer",
                    what=f"Cin7 Core answered {_named(path)} without the list {key}.",
                    fix="Check the address under Further settings; if it is right, report the details below.",
                    detail=str(found)[:2000],
                )
            )
        total = found.get("Total") if isinstance(found, Mapping) else None
        return ListPage(number, tuple(rows), int(total) if total is not None else None)


def throttled(answer: Answer) -> float | None:
    """How many seconds to rest when the answer means "too many calls", else None.

    That is 429, 503, and any status whose short text speaks of reached calls per minute.
    """
    says_so = len(answer.content) <= _SHORT and _LIMIT_TEXT.search(answer.text) is not None
    return rest(answer) if answer.status in (429, 503) or says_so else None


def rest(answer: Answer) -> float:
    """The seconds of ``Retry-After``; a minute if it says nothing."""
    asked = retry_after(answer, datetime.now(UTC))
    return _REST if asked is None else asked


def refusal(answer: Answer, path: str) -> ProviderError:
    """What an answer that brought no data means."""
    detail = f"{answer.status}: {reason(answer)}"
    if answer.status in (401, 403):
        return UnauthorizedError(
            Problem(
                code="cin7core_unauthorized",
                what="Cin7 Core refused the Account ID and Key.",
                why="They do not belong together, or the key was deleted or may not read this.",
                fix=_KEY_HELP,
                detail=detail,
            )
        )
    if 300 <= answer.status < 400:
        return ProviderError(
            Problem(
                code="cin7core_redirected",
                what=f"Cin7 Core wanted to send {_named(path)} elsewhere, and it was not followed.",
                why="The key would have gone along to that place.",
                fix="Check the address under Further settings.",
                detail=f"{detail} {answer.headers.get('Location', '')}".strip(),
            )
        )
    if answer.status < 300:
        return ProviderError(
            Problem(
                code="cin7core_web_page",
                what=f"Cin7 Core answered {_named(path)} with a web page or nothing instead of data.",
                why="The address is wrong, or Cin7 Core is down for maintenance.",
                fix="Check the address under Further settings; if it is right, try again later.",
                detail=detail,
            )
        )
    if answer.status >= 500:
        return FaultError(
            Problem(
                code="cin7core_fault",
                what=f"Cin7 Core failed while answering {_named(path)}.",
                fix="It is tried again with the next sync.",
                detail=detail,
            )
        )
    return RejectedError(
        Problem(
            code="cin7core_rejected",
            what=f"Cin7 Core refused {_named(path)}.",
            why=_sentence(reason(answer)),
            detail=detail,
        )
    )


def _named(path: str) -> str:
    """A call in the words of people: ``me``, by which credentials are tried, would read as the one who speaks."""
    return "the test call" if path == "me" else f"the call {path}"


def _sentence(words: str) -> str:
    return words if not words or words.endswith((".", "!", "?")) else f"{words}."


def reason(answer: Answer) -> str:
    """Core's own words: its error comes as a list of objects, as one object, or as plain text."""
    if not answer.is_json:
        return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())[:500]
    found = answer.json()
    entries = found if isinstance(found, list) else [found]
    return "; ".join(_words(entry) for entry in entries)[:500]


def _words(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    return str(entry.get("Exception") or entry.get("Message") or entry.get("Error") or dict(entry))
