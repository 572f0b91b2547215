"""A way through a site that comes by every page there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

OFTEN = {"operations.show": 3, "documents.show": 2, "contacts.show": 2}
"""How many pages of these sorts are looked at, which show different things: posted, held, waiting. Of others one is."""

Fetch = Callable[[str], tuple[str, str]]
"""Answers a path with the path it leads to, and the page; an empty page for what is none."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.found.append(address)


@dataclass
class Walk:
    """The paths of a site's pages, and the endpoints that were come by."""

    app: Flask
    fetch: Fetch
    known: Mapping[str, Any]
    """A value for each argument of an address, for pages that only a form leads to."""
    paths: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def all(self) -> list[str]:
        """Every page without arguments, all that they lead to, and what can be asked for with known arguments."""
        waiting = [rule.rule for rule in self.rules() if not rule.arguments]
        while waiting:
            waiting += self._visit(waiting.pop(0))
        adapter = self.app.url_map.bind("localhost")
        for rule in self.rules():
            if rule.endpoint in self.missed() and rule.arguments <= self.known.keys():
                waiting.append(adapter.build(rule.endpoint, {name: self.known[name] for name in rule.arguments}))
        while waiting:
            waiting += self._visit(waiting.pop(0))
        return self.paths

    def rules(self) -> Iterator[Rule]:
        """The pages that a person can ask for."""
        for rule in self.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not rule.endpoint.endswith("static"):
                yield rule

    def missed(self) -> set[str]:
        """The endpoints that no way leads to."""
        return {rule.endpoint for rule in self.rules()} - self.reached.keys()

    def _visit(self, path: str) -> list[str]:
        bare = urlsplit(path)._replace(fragment="").geturl()
        endpoint = self._endpoint(bare)
        if bare in self._seen or not endpoint or self.reached[endpoint] >= OFTEN.get(endpoint, 1):
            return []
        self._seen.add(bare)
        self.reached[endpoint] += 1
        arrived, html = self.fetch(bare)
        if not html:
            return []
        if arrived != bare:
            return [arrived]
        self.paths.append(bare)
        links = _Links()
        links.feed(html)
        return [each for each in (urljoin(bare, link) for link in links.found) if each.startswith("/")]

    def _endpoint(self, path: str) -> str:
        try:
            return str(self.app.url_map.bind("localhost").match(urlsplit(path).path, method="GET")[0])
        except (HTTPException, RequestRedirect):
            return ""
