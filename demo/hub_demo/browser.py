"""A browser without JavaScript, as far as the demo's bookkeeper needs one at the hub's own pages."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode

SECONDS = 60


@dataclass
class Form:
    """A form of a page: where it leads, what is filled in, and what its button says."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class Page(HTMLParser):
    """What somebody finds on a page: its forms, its links by their words, its texts by their ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._form: Form | None = None
        self._in: tuple[str, str] = ("", "")
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "input" and self._form is not None and given.get("name"):
            self._form.fields[given["name"]] = given.get("value", "")
        self._in = (tag, given.get("href", "") or given.get("id", ""))

    def handle_endtag(self, tag: str) -> None:
        self._form = None if tag == "form" else self._form
        self._in = ("", "")

    def handle_data(self, data: str) -> None:
        tag, name = self._in
        words = " ".join(data.split())
        if tag == "a" and name:
            self.links[words] = name
        elif tag == "button" and self._form is not None:
            self._form.button = words
        elif name:
            self.texts[name] = words

    def form(self, action: str) -> Form | None:
        """The form that leads to an address with this end."""
        return next((form for form in self.forms if form.action.partition("?")[0].endswith(action)), None)


class Browser:
    """One person's browser. ``base`` is the hub's address."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def read(self, path: str, fields: Mapping[str, str] | None = None) -> str:
        """What is answered to a GET, or to the POST of fields, redirections followed."""
        url = path if path.startswith("http") else f"{self.base}{path}"
        data = urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(url, data, {"Referer": url})  # noqa: S310 - our own loopback address
        with self._opener.open(request, timeout=SECONDS) as answer:
            text: str = answer.read().decode()
        return text

    def open(self, path: str) -> Page:
        """Go to a page."""
        return Page(self.read(path))

    def press(self, page: Page, action: str, **typed: str) -> Page:
        """Send the form that leads to ``action``, with what was typed."""
        form = page.form(action)
        if form is None:
            raise SystemExit(f"The page has no form for {action}: it has {[each.action for each in page.forms]}.")
        return Page(self.read(form.action, {**form.fields, **typed}))

    def sign_in(self, email: str, password: str) -> None:
        """Come in through the front door."""
        self.press(self.open("/sign-in"), "/sign-in", email=email, password=password)
