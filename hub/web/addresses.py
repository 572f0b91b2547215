"""Addresses: those that came from a browser, of which only our own pages' are followed, and those of many rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from hub.web.context import adapter

_MARK = 8_888_888_888_888
"""A number that is no part of any other address."""
_FEW = frozenset({"filename", "integration_id", "connection_id", "side", "state"})
"""Arguments of which there are few: static files, what a person made, and the choices of a filter."""
_MOST_KEPT = 2_000


def addresses_by(argument: str, endpoint: str, **others: Any) -> Callable[[Any], str]:
    """What makes a page's address from one of its arguments: for lists, where each row has one.

    Finding the way through the routes once for each row took a fifth of a list's time.
    """
    arguments: dict[str, Any] = {**others, argument: _MARK}
    before, _, after = url_for(endpoint, **arguments).partition(str(_MARK))

    def address(value: Any) -> str:
        return f"{before}{quote(str(value), safe='')}{after}"

    return address


def install(app: Flask) -> None:
    """Let templates ask for addresses; finding the way through the routes takes long, and a page has many addresses."""
    app.add_template_global(addresses_by)
    app.add_template_global(_Known(), "url_for")


class _Known:
    """``url_for``, which knows from the first time the addresses whose arguments, if any, are all of the few."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], str] = {}

    def __call__(self, endpoint: str, **values: Any) -> str:
        if endpoint.startswith(".") or not values.keys() <= _FEW:
            return url_for(endpoint, **values)
        # Behind a proxy's prefix they begin with it.
        asked: tuple[Any, ...] = (request.script_root, endpoint, *values.items())
        found = self._kept.get(asked)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[asked] = url_for(endpoint, **values)
        return found


def local_path(wanted: str | None, fallback: str) -> str:
    """``wanted`` where it is a path of ours, else ``fallback``: nobody is led to another site by a link to us.

    Browsers take a backslash for a slash and skip control characters, so neither is let through.
    """
    if not wanted or not wanted.isprintable() or "\\" in wanted or not wanted.startswith("/"):
        return fallback
    parts = urlsplit(wanted)
    return fallback if parts.scheme or parts.netloc or wanted.startswith("//") else wanted


def here() -> str:
    """The address of this page, to come back to; the dashboard for what is no page by itself."""
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("dashboard.show")


def same_page_of(integration_id: int | None, path: str) -> str:
    """The page at ``path``, of another integration: lists stay what they are, other pages lead to the dashboard."""
    endpoint, arguments = _page_at(path)
    if endpoint and set(arguments) == {"integration_id"} and integration_id is not None:
        return url_for(endpoint, integration_id=integration_id)
    return urlsplit(path).path if endpoint and not arguments else url_for("dashboard.show")


def _page_at(path: str) -> tuple[str, dict[str, Any]]:
    try:
        found = adapter().match(urlsplit(path).path, method="GET")
    except (HTTPException, RequestRedirect):
        return "", {}
    return str(found[0]), dict(found[1])
