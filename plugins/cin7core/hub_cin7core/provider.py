"""What Core is to the hub: its settings, feeds and limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import ceil
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from hub import Connection, Door, Feed, Kind, Limits, Provider, Reading, Role, Session, Window
from hub_cin7core.client import PAGE_SIZE, Client
from hub_cin7core.feeds import FEEDS
from hub_cin7core.session import CoreSession

_LEDGER_ROWS: Mapping[Kind, int] = {
    Kind.INVOICE: 2,
    Kind.CREDIT_NOTE: 2,
    Kind.BILL: 2,
    Kind.SUPPLIER_CREDIT: 2,
    Kind.PAYMENT: 1,
    Kind.REFUND: 1,
    Kind.JOURNAL: 1,
}
"""About how many rows each sort of document has in the general ledger: one for each pair of accounts, so that lines on
one account are one row, and the tax of all of them another.
"""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _safe_address(value: str) -> str:
    """The keys go along with every call, so they travel encrypted or not off this machine."""
    parts = urlsplit(value)
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        raise ValueError("give an address that starts with https://")
    return value.rstrip("/")


def _account(value: str) -> str:
    """One account has one spelling, so that it can't be connected twice: Core takes GUIDs in any letter case."""
    bare = "".join(value.split()).strip("{}").lower()
    try:
        return str(UUID(bare))
    except ValueError:
        return _sendable(bare, "Account ID")


def _stripped(value: SecretStr) -> SecretStr:
    return SecretStr(_sendable(value.get_secret_value().strip(), "Key"))


def _sendable(value: str, name: str) -> str:
    """Both credentials travel as headers. What is wrong is said without showing them."""
    if not value:
        raise ValueError(f"paste the {name}")
    if not (value.isascii() and value.isprintable()):
        raise ValueError(
            f"the {name} holds a line break, a typographic dash or something else that does not belong to it; "
            "copy it again, and that alone"
        )
    return value


def _pages(rows: int) -> int:
    return max(1, ceil(rows / PAGE_SIZE))


class Cin7CoreSettings(BaseModel):
    """One field per input on the connect page."""

    model_config = ConfigDict(str_strip_whitespace=True)

    account_id: Annotated[str, AfterValidator(_account)] = Field(
        title="Account ID",
        description="Cin7 Core, Integration, API: shown above the list of applications.",
    )
    application_key: Annotated[SecretStr, AfterValidator(_stripped)] = Field(
        title="Key",
        description="The key of the API application made for Ledgerport. It can be read again in Cin7 Core.",
    )
    base_url: Annotated[str, AfterValidator(_safe_address)] = Field(
        default="https://inventory.dearsystems.com/ExternalApi/v2",
        title="Address",
        description="Where Cin7 Core's API answers. Leave it as it is unless Cin7 tells you otherwise.",
        json_schema_extra={"advanced": True},
    )
    calls_per_minute: int = Field(
        default=60,
        ge=1,
        le=60,
        title="Calls per minute",
        description="Cin7 Core allows 60. Give a smaller share to leave some to other apps of the account.",
        json_schema_extra={"advanced": True},
    )
    parallel: int = Field(
        default=3,
        ge=1,
        le=16,
        title="Calls at the same time",
        description="How many sales or purchases are read at once; helps while Cin7 Core answers slowly.",
        json_schema_extra={"advanced": True},
    )


class Cin7Core(Provider):
    """The stock system Cin7 Core (formerly DEAR); it is only read."""

    name: ClassVar[str] = "cin7core"
    title: ClassVar[str] = "Cin7 Core"
    role: ClassVar[Role] = Role.STOCK
    settings: ClassVar[type[BaseModel]] = Cin7CoreSettings
    feeds: ClassVar[tuple[Feed, ...]] = FEEDS
    help_steps: ClassVar[tuple[str, ...]] = (
        "In Cin7 Core open Integration, then API.",
        "Press +, name the application Ledgerport, and press Create.",
        "Copy the Key and the Account ID, and paste both here.",
        "Press Save in Cin7 Core before you leave its page.",
    )

    def limits(self, settings: Any) -> Limits:
        """60 calls a minute, or the share of them that the settings name."""
        return Limits(windows=(Window(settings.calls_per_minute, 60.0),), concurrent=settings.parallel)

    def reading_cost(self, counts: Mapping[Kind, int], since: date, until: date) -> Reading:
        """The chart and the tax rules, what is available, the general ledger and the purchases, 1,000 rows a call.

        A purchase whose goods or bill are still to come is one more each, which nobody knows before.
        """
        rows = sum(counts.get(kind, 0) * each for kind, each in _LEDGER_ROWS.items())
        lists = (counts.get(Kind.ITEM, 0), rows, counts.get(Kind.BILL, 0))
        calls = 2 + sum(map(_pages, lists))
        return Reading(calls, f"{PAGE_SIZE:,} products, or rows of the general ledger, come with one call")

    def open(self, connection: Connection, http: Door) -> Session:
        """Start reading one account; no call is made yet."""
        settings: Cin7CoreSettings = connection.settings
        client = Client(
            http,
            base_url=settings.base_url,
            account_id=settings.account_id,
            application_key=settings.application_key.get_secret_value(),
        )
        parts = urlsplit(settings.base_url)
        return CoreSession(
            client,
            account_id=settings.account_id,
            site=f"{parts.scheme}://{parts.netloc}",
            parallel=settings.parallel,
        )
