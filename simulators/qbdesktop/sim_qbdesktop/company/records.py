"""What a company file holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..money import ZERO

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an entry of a list; its name is looked up when it is shown."""

    list_id: str


@dataclass(slots=True)
class Entry:
    """One entry of a list: an account, a customer, an item, ... `kind` is qbXML's word, `Customer`."""

    kind: str
    list_id: str
    created: datetime
    modified: datetime
    edit_sequence: str
    fields: Fields

    @property
    def name(self) -> str:
        return str(self.fields["Name"])

    @property
    def active(self) -> bool:
        return self.fields.get("IsActive") is not False


@dataclass(slots=True)
class Line:
    """One line of a transaction; `tag` is its name in an answer, `InvoiceLineRet`."""

    line_id: str
    tag: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount of home currency on an account, debits positive. `foreign` is in the transaction's currency."""

    account: str
    amount: Decimal
    foreign: Decimal = ZERO
    line_id: str = ""
    entity: str = ""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """Stock that comes in or goes out. `value` is what it cost in home currency, already booked by the transaction;
    None takes the average cost (`standard` while there is none), moved between the accounts `asset` and `other`.
    """

    item: str
    quantity: Decimal
    value: Decimal | None
    asset: str
    other: str = ""
    standard: Decimal = ZERO
    line_id: str = ""


@dataclass(slots=True)
class Transaction:
    """One transaction. `total` is in its own currency; `postings` are without the cost of stock, which follows from
    `movements`.
    """

    kind: str
    txn_id: str
    number: int
    created: datetime
    modified: datetime
    edit_sequence: str
    fields: Fields
    lines: list[Line] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    total: Decimal = ZERO

    @property
    def day(self) -> date:
        day: date = self.fields["TxnDate"]
        return day

    @property
    def rate(self) -> Decimal:
        """Units of home currency for one of the transaction's."""
        rate: Decimal = self.fields.get("ExchangeRate") or Decimal(1)
        return rate

    @property
    def pending(self) -> bool:
        return self.fields.get("IsPending") is True


@dataclass(slots=True)
class Link:
    """A payment or credit (`source`) applied to an invoice or bill (`target`), made by the transaction `by`."""

    link_id: str
    source: str
    target: str
    by: str
    amount: Decimal
    discount: Decimal = ZERO
    discount_account: str = ""


@dataclass(slots=True)
class Deleted:
    """What a deleted entry or transaction leaves behind. `kind` is the word of ListDelType or TxnDelType."""

    kind: str
    object_id: str
    is_list: bool
    created: datetime
    deleted: datetime
    name: str


@dataclass(slots=True)
class Extension:
    """A custom field's or an application's own value on an object; `object_id` is `Company` for the file itself."""

    owner_id: str
    name: str
    type: str
    object_id: str
    value: str


@dataclass(slots=True)
class ExtensionDefinition:
    """A custom field, or a private field of an application, that values can be given to."""

    number: int
    owner_id: str
    name: str
    type: str
    assigned_to: list[str]


@dataclass(slots=True)
class StoredSet:
    """The last message set with an id of one application, for when its answer is lost."""

    application: str
    set_id: str
    checksum: str
    answers: list[str]
    complete: bool


@dataclass(slots=True)
class Preferences:
    """What the company chose in QuickBooks' preferences, and other facts about it."""

    company_name: str = ""
    home_currency: str = "USD"
    timezone: str = "America/New_York"
    closing_date: date | None = None
    closing_password: str = ""
    account_numbers: bool = True
    classes: bool = False
    sales_tax: bool = False
    default_sales_tax: str = ""
    multicurrency: bool = False
    inventory: bool = True
    assign_journal_numbers: bool = True
    credit_limits_bind: bool = False
    days_bills_are_due: int = 10
    auto_apply_payments: bool = True
    automatic_login: bool = True
    personal_data: bool = True
    forbidden: list[str] = field(default_factory=list)
    read_only: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
