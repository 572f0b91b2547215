"""Somebody who uses the hub's pages: follows links, sends forms, and notices what is wrong with a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, ClassVar, Literal

from flask import Flask
from flask.testing import FlaskClient
from houses import House
from people import add_owner, sign_in
from pydantic import BaseModel, Field, SecretStr

from hub.accounts import Account
from hub.app import create_app
from hub.errors import Problem, UnauthorizedError
from hub.http import Door
from hub.providers import Connection, Limits, Organisation, Provider, Role, Session, Window
from hub.testing.memory import MemoryStock, Shelf, StockSession

FIELDS = frozenset({"input", "select", "textarea"})
UNLABELLED = frozenset({"hidden", "submit"})


class Watcher(HTMLParser):
    """Reads a page and notes what breaks our rules for pages."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._ids: set[str] = set()
        self._labelled: set[str] = set()
        self._waiting_for_label: list[str] = []
        self._post_forms = 0
        self._tokens = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self._check_inline(tag, given)
        if "id" in given:
            if given["id"] in self._ids:
                self.faults.append(f"the id {given['id']} is there twice")
            self._ids.add(given["id"])
        if tag == "label":
            self._labelled.add(given.get("for", ""))
        if tag in FIELDS and given.get("type") not in UNLABELLED and not given.get("aria-label"):
            self._waiting_for_label.append(given.get("id", f"a nameless {tag}"))
        if tag == "th" and not given.get("scope"):
            self.faults.append("a th has no scope")
        if tag == "form" and given.get("method", "").lower() == "post":
            self._post_forms += 1
        self._tokens += given.get("name") == "csrf_token"

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _check_inline(self, tag: str, given: Mapping[str, str]) -> None:
        if "style" in given or tag == "style" or (tag == "script" and "src" not in given):
            self.faults.append(f"<{tag}> has an inline script or style")
        self.faults.extend(f"<{tag}> has {name}" for name in given if name.startswith("on"))

    def finish(self) -> list[str]:
        counts = {name: sum(tag == name for tag, _ in self.tags) for name in ("h1", "main", "table", "caption")}
        if counts["h1"] != 1 or counts["main"] != 1:
            self.faults.append(f"there are {counts['h1']} h1 and {counts['main']} main")
        if counts["table"] != counts["caption"]:
            self.faults.append("a table has no caption")
        if self._post_forms != self._tokens:
            self.faults.append(f"{self._post_forms} forms change something, {self._tokens} have a token")
        self.faults.extend(f"{id} has no label" for id in self._waiting_for_label if id not in self._labelled)
        return self.faults


@dataclass
class Seen:
    """A page as it was answered."""

    status: int
    html: str
    headers: Mapping[str, str]

    @property
    def faults(self) -> list[str]:
        return self._watched().finish()

    @property
    def text(self) -> str:
        """What people read, with spaces made one."""
        return " ".join(" ".join(self._watched().text).split())

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    def tags(self, name: str) -> list[dict[str, str]]:
        return [given for tag, given in self._watched().tags if tag == name]

    def value(self, name: str) -> str:
        """What an input has in it."""
        return next(given.get("value", "") for given in self.tags("input") if given.get("name") == name)

    def _watched(self) -> Watcher:
        watcher = Watcher()
        watcher.feed(self.html)
        return watcher


class Visitor:
    """A browser without JavaScript, signed in as ``account`` if there is one."""

    def __init__(self, app: Flask, account: Account | None = None) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.account = account
        if account is not None:
            sign_in(self.client, account)

    def get(self, path: str, **options: Any) -> Seen:
        return _seen(self.client.get(path, **options))

    def post(self, path: str, form: Mapping[str, str | Sequence[str]] | None = None) -> Seen:
        """Send a form with a good token; redirects are not followed."""
        return _seen(self.client.post(path, data={"csrf_token": self.token(), **(form or {})}))

    def follow(self, path: str, form: Mapping[str, str | Sequence[str]] | None = None) -> Seen:
        """Send a form and look at the page it leads to."""
        answer = self.post(path, form)
        assert answer.status == 303, (answer.status, answer.text)
        return self.get(answer.location)

    def token(self) -> str:
        page = self.get("/profile" if self.account else "/sign-in", follow_redirects=True)
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.html)
        assert found
        return found[1]

    def rules(self, method: str) -> Iterator[Any]:
        """Our own pages: those of the sign-in library have tests of their own."""
        for rule in self.app.url_map.iter_rules():
            if method in (rule.methods or ()) and not rule.endpoint.endswith("static"):
                if rule.endpoint.startswith("security."):
                    continue
                yield rule


def visitor(house: House, **options: Any) -> Visitor:
    """The owner of a house, who visits its pages."""
    return Visitor(create_app(house.hub, **options), add_owner(house.hub))


def _seen(answer: Any) -> Seen:
    return Seen(answer.status_code, answer.get_data(as_text=True), answer.headers)


class ShopSettings(BaseModel):
    """One input of each sort."""

    shop: str = Field(min_length=1, title="Shop name", description="As it is <b>written</b> there.")
    key: SecretStr = Field(title="Key")
    plan: Literal["small", "large"] = Field("small", title="Plan")
    parallel: int = Field(2, ge=1, le=8, title="Calls at a time", json_schema_extra={"advanced": True})
    live: bool = Field(True, title="Live account")


@dataclass
class ShopBooks:
    """What the shop lets in, and what it was told."""

    key: str = "right"
    organisation: Organisation = field(
        default_factory=lambda: Organisation(id="shop-1", name="Corner Shop", base_currency="GBP")
    )
    tried: list[Any] = field(default_factory=list)


class Shop(MemoryStock):
    """A stock system that is connected with a key."""

    name = "shop"
    title = "Shop"
    role = Role.STOCK
    settings: ClassVar[type[BaseModel]] = ShopSettings  # type: ignore[assignment]
    help_steps = ("Open the shop.", "Copy the key.")

    def __init__(self) -> None:
        super().__init__(Shelf())
        self.books = ShopBooks()

    def limits(self, settings: Any) -> Limits:
        return Limits(windows=(Window(60, 60.0),), per_day=1000)

    def open(self, connection: Connection, http: Door) -> StockSession:
        return _ShopSession(self.shelf, self.books, connection.settings)


@dataclass
class _ShopSession(StockSession):
    books: ShopBooks
    given: Any

    def check(self) -> Organisation:
        self.books.tried.append(self.given)
        if self.given.key.get_secret_value() != self.books.key:
            raise UnauthorizedError(Problem(code="key", what="The shop refused the key.", fix="Copy it again."))
        return self.books.organisation


class _Consent:
    """The vendor's side of a sign-in, at a platform of the test."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.reached: dict[str, str] = {"one": "One Ltd"}

    def authorize_url(self, settings: Any) -> str:
        return f"{self.address}/authorize"

    def token_url(self, settings: Any) -> str:
        return f"{self.address}/token"

    def scopes(self, settings: Any) -> tuple[str, ...]:
        return ("books",)

    def client(self, settings: Any) -> tuple[str, str]:
        return settings.shop, settings.key.get_secret_value()

    def accounts(self, settings: Any, http: Door, access_token: str) -> Mapping[str, str]:
        return dict(self.reached)


class Vendor(Provider):
    """A ledger that is connected by signing in there."""

    name: ClassVar[str] = "vendor"
    title: ClassVar[str] = "Vendor"
    role: ClassVar[Role] = Role.LEDGER
    settings: ClassVar[type[BaseModel]] = ShopSettings

    def __init__(self, address: str) -> None:
        self.consent = _Consent(address)
        type(self).oauth = self.consent

    def open(self, connection: Connection, http: Door) -> Session:
        organisation = Organisation(
            id=connection.account_id, name=self.consent.reached[connection.account_id], base_currency="GBP"
        )
        return _VendorSession(Shelf(), organisation, connection)


@dataclass
class _VendorSession(StockSession):
    organisation: Organisation
    connection: Connection

    def check(self) -> Organisation:
        assert self.connection.consent is not None
        assert self.connection.consent.access_token()
        return self.organisation
