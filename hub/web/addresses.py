"""Addresses: those that came from a browser, of which only our own pages' are followed, and those of many rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from flask import Flask, current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from hub.web.context import adapter

_MARK = 8_888_888_888_888
"""A number that is no part of any other address."""
_FEW = frozenset({"filename", "integration_id", "connection_id", "side", "state"})
"""Arguments of which there are few: static files, what a person made, and the choices of a filter."""
_MOST_KEPT = 2_000

FILTERS: Mapping[str, Sequence[str]] = {
    "attention.show_skipped": ("text",),
    "audit.show": ("actor", "what", "text", "since", "until"),
    "causes.show": ("text",),
    "changed.show": ("side",),
    "contacts.show": ("side", "state", "text"),
    "ready.show": ("text", "contact", "kind", "since", "until", "least", "most", "caught", "blocked"),
    "reconciling.ask": ("start", "end"),
    "report.show": ("status", "kind", "text", "since", "until"),
    "search.show": ("text",),
    "side_by_side.show": ("start", "end"),
}
"""By list: what of its filter every integration has. Ids and numbers of pages are of one."""
_LISTS_OF = {"attention.show_group": "attention.show", "attention.ask_drop": "attention.show"}
"""By page about a part of a list that another integration need not have: the list."""

_PLAIN_IN_QUERIES = "!$'()*,/:;?@"
"""What Werkzeug leaves as it is in the query of an address, so that ours are the same to the letter."""


def install(app: Flask) -> None:
    """Let templates ask for addresses; finding the way through the routes takes long, and a page has many addresses."""
    known = _Known()
    app.add_template_global(known, "url_for")
    app.add_template_global(known.addresses_by, "addresses_by")


class _Known:
    """``url_for``, which knows addresses from the last times, and paths whose arguments, if any, are all of the few."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], str] = {}
        self._in_path: dict[str, frozenset[str]] = {}
        self._known = lru_cache(_MOST_KEPT)(self._made)

    def __call__(self, endpoint: str, **values: Any) -> str:
        # Not of what is relative to a blueprint, or a mistake.
        if endpoint in current_app.view_functions and all(map(_is_plain, values.items())):
            return self._known(request.script_root, endpoint, tuple(values.items()))
        return url_for(endpoint, **values)

    def _made(self, _prefix: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        in_path = self._arguments(endpoint)
        within = {name: value for name, value in values if name in in_path}
        asked = {name: value for name, value in values if name not in in_path and value is not None}
        if not all(name in _FEW or value == _MARK for name, value in within.items()):
            return url_for(endpoint, **dict(values))
        path = self._path(endpoint, within)
        return f"{path}?{urlencode(asked, safe=_PLAIN_IN_QUERIES)}" if asked else path

    def addresses_by(self, argument: str, endpoint: str, **others: Any) -> Callable[[Any], str]:
        """What makes a page's address from one of its arguments: for lists, where each row has one."""
        before, _, after = self(endpoint, **{**others, argument: _MARK}).partition(str(_MARK))

        def address(value: Any) -> str:
            text = str(value)
            plain = text.isascii() and text.isalnum()  # as ids are; the rule behind all of it takes ten times as long
            return f"{before}{text if plain else quote(text, safe='')}{after}"

        return address

    def _path(self, endpoint: str, within: Mapping[str, Any]) -> str:
        # Behind a proxy's prefix they begin with it.
        key: tuple[Any, ...] = (request.script_root, endpoint, *within.items())
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = url_for(endpoint, **within)
        return found

    def _arguments(self, endpoint: str) -> frozenset[str]:
        """What is part of the path; everything else is asked for behind it."""
        found = self._in_path.get(endpoint)
        if found is None:
            rules = current_app.url_map.iter_rules(endpoint)
            found = self._in_path[endpoint] = frozenset(name for rule in rules for name in rule.arguments)
        return found


def _is_plain(item: tuple[str, Any]) -> bool:
    """Whether an argument means the same to everybody: no anchor and no list; nor True, which would be known as 1."""
    name, value = item
    return (isinstance(value, str | int) or value is None) and not isinstance(value, bool) and name[:1] != "_"


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
    """The page at ``path``, of another integration: lists stay what they are, other pages lead to the dashboard.

    What of a list's filter every integration has stays as well.
    """
    endpoint, arguments = _page_at(path)
    endpoint = _LISTS_OF.get(endpoint, endpoint)
    if not endpoint or set(arguments) - {"integration_id"} or (arguments and integration_id is None):
        return url_for("dashboard.show")
    asked = dict(parse_qsl(urlsplit(path).query))
    values: dict[str, Any] = {name: asked[name] for name in FILTERS.get(endpoint, ()) if name in asked}
    return url_for(endpoint, **dict.fromkeys(arguments, integration_id), **values)


def _page_at(path: str) -> tuple[str, dict[str, Any]]:
    try:
        found = adapter().match(urlsplit(path).path, method="GET")
    except (HTTPException, RequestRedirect):
        return "", {}
    return str(found[0]), dict(found[1])
