"""A person's way through the vendor's consent page, as a browser would go it."""

from __future__ import annotations

import urllib.request
from email.message import Message
from html.parser import HTMLParser
from typing import IO
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit


class _Stay(urllib.request.HTTPRedirectHandler):
    """Do not follow the redirect back to the hub: its address is what we want."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        raise _Redirected(newurl)


class _Redirected(Exception):  # noqa: N818 - not an error, but where the vendor sends the browser
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class _Form(HTMLParser):
    """The fields of the one form on the page, a person's choice of organisation included."""

    def __init__(self, organisation: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.action = ""
        self._organisation = organisation

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        elif tag == "input" and given.get("name"):
            choice = given.get("type") in ("radio", "checkbox")
            if not choice or given.get("value") == self._organisation:
                self.fields.append((given["name"], given.get("value", "")))


def give(authorize_url: str, organisation: str) -> tuple[str, str]:
    """Open the consent page, choose the organisation (its id), allow; answers with (state, code)."""
    browser = urllib.request.build_opener(_Stay)
    with browser.open(authorize_url, timeout=60) as page:
        form = _Form(organisation)
        form.feed(page.read().decode())
    target = urljoin(authorize_url, form.action) if form.action else authorize_url
    try:
        browser.open(target, data=urlencode(form.fields).encode(), timeout=60)
    except _Redirected as back:
        told = parse_qs(urlsplit(back.url).query)
        return told["state"][0], told["code"][0]
    raise SystemExit("The simulated consent page did not lead back to the hub.")
