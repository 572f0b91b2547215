"""A small web shop as a stock system: its customers become contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, Field, SecretStr

from hub import (
    Answer,
    Batch,
    Connection,
    Contact,
    Door,
    Feed,
    Kind,
    Limits,
    Operation,
    Organisation,
    Outcome,
    Page,
    Problem,
    Provider,
    Record,
    RejectedError,
    Role,
    Session,
    TargetState,
    UnauthorizedError,
    Want,
    Window,
)


class SampleSettings(BaseModel):
    """Each field is one input on the connect page."""

    address: str = Field(title="Address", description="Where the shop's API answers, as in https://shop.example")
    key: SecretStr = Field(title="Key", description="In the shop: Settings, API, New key.")


class SampleShop(Provider):
    """What the shop is to the hub."""

    name: ClassVar[str] = "sample"
    title: ClassVar[str] = "Sample shop"
    role: ClassVar[Role] = Role.STOCK
    settings: ClassVar[type[BaseModel]] = SampleSettings
    feeds: ClassVar[tuple[Feed, ...]] = (
        Feed("organisation", frozenset()),
        Feed("customers", frozenset({Kind.CONTACT})),
    )
    help_steps: ClassVar[tuple[str, ...]] = ("In the shop open Settings, then API.", "Press New key and copy it here.")

    def limits(self, settings: Any) -> Limits:
        """The shop allows 100 calls a minute."""
        return Limits(windows=(Window(100, 60.0),))

    def open(self, connection: Connection, http: Door) -> Session:
        """Start a conversation; no call is made yet."""
        settings: SampleSettings = connection.settings
        key = settings.key.get_secret_value()
        return ShopSession(http.bind(base_url=settings.address, headers={"Authorization": f"Bearer {key}"}))


class ShopSession:
    """A conversation with the shop."""

    def __init__(self, http: Door) -> None:
        self._http = http

    def check(self) -> Organisation:
        """Whose shop is it?"""
        found = self._get("/company")
        return Organisation(id=found["id"], name=found["name"], base_currency=found["currency"])

    def pull(self, want: Want) -> Iterator[Page]:
        """The customers that changed since the cursor, which is the shop's own change number."""
        if want.feed.name == "organisation":
            yield Page(organisation=self.check(), watermark="")
            return
        found = self._get("/customers", {"since": want.cursor or "0"})
        yield Page(
            records=tuple(_record(native) for native in found["customers"]),
            expected=len(found["customers"]),
            watermark=str(found["changed"]),
        )

    def push(self, batch: Batch) -> Iterator[Outcome]:
        """The shop is only read."""
        raise TypeError("the shop is only read")

    def look(self, operations: Sequence[Operation]) -> Mapping[int, Sequence[TargetState]]:
        """The shop is only read."""
        raise TypeError("the shop is only read")

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        answer = self._http.call("GET", path, params=params)
        if answer.status != 200:
            raise _refusal(answer)
        return answer.json()


def _record(native: Any) -> Record:
    if not native.get("name"):
        return Record.unreadable(str(native["id"]), str(native), "It has no name.", stamp=str(native["changed"]))
    contact = Contact(
        external_id=str(native["id"]), name=native["name"], email=native.get("email", ""), is_customer=True
    )
    return Record(contact.external_id, str(native["changed"]), (contact,), label=contact.name)


def _refusal(answer: Answer) -> UnauthorizedError | RejectedError:
    if answer.status in (401, 403):
        problem = Problem(
            code="unauthorized",
            what="The shop does not accept the key.",
            fix="Make a new key in the shop and reconnect.",
        )
        return UnauthorizedError(problem)
    return RejectedError(Problem(code="rejected", what=f"The shop answered {answer.status}.", detail=answer.text))
