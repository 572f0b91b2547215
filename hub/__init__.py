"""Ledgerport: a self-hosted integration hub.

This module is the whole surface a provider plugin may import from the hub.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hub.documents import (
    CREDIT_KINDS,
    REFERENCE_KINDS,
    TRADE_KINDS,
    Account,
    AccountClass,
    Address,
    Allocation,
    BankAccount,
    Bill,
    Contact,
    CreditNote,
    Document,
    Invoice,
    Item,
    Journal,
    JournalLine,
    JournalReason,
    Kind,
    Line,
    Payment,
    PaymentMethod,
    PaymentTerm,
    Refund,
    Status,
    SupplierCredit,
    TaxMode,
    TaxRate,
    Tracking,
    TrackingChoice,
    TradeDocument,
    money,
)
from hub.entries import (
    Entry,
    KeepsBooks,
    KeepsStock,
    Posting,
    Reading,
    StockValue,
    TellsUnmatchedGoods,
    UnmatchedGoods,
)
from hub.errors import (
    BusyError,
    Problem,
    ProviderError,
    RejectedError,
    RunLostError,
    SettingsError,
    UnauthorizedError,
    UnreachableError,
    UnsureError,
)
from hub.hookspecs import Job, hookimpl
from hub.http import Answer, Door, retry_after
from hub.oauth import Consent
from hub.providers import (
    AccountType,
    Action,
    Allowed,
    Batch,
    BatchRule,
    Connection,
    Facts,
    Feed,
    Fit,
    Limits,
    OAuth,
    Operation,
    Organisation,
    Outcome,
    Page,
    Payload,
    Provider,
    Record,
    Ref,
    Role,
    Session,
    TargetState,
    TargetStatus,
    Visit,
    Visitor,
    Want,
    Window,
)
from hub.spooling import Spool

if TYPE_CHECKING:
    from hub.engine import Hub, RunReport
    from hub.engine.visiting import Visits
    from hub.web.access import Right, actor, needs, visible_connections

__version__ = "0.1.0"

__all__ = [
    "CREDIT_KINDS",
    "REFERENCE_KINDS",
    "TRADE_KINDS",
    "Account",
    "AccountClass",
    "AccountType",
    "Action",
    "Address",
    "Allocation",
    "Allowed",
    "Answer",
    "BankAccount",
    "Batch",
    "BatchRule",
    "Bill",
    "BusyError",
    "Connection",
    "Consent",
    "Contact",
    "CreditNote",
    "Document",
    "Door",
    "Entry",
    "Facts",
    "Feed",
    "Fit",
    "Hub",
    "Invoice",
    "Item",
    "Job",
    "Journal",
    "JournalLine",
    "JournalReason",
    "KeepsBooks",
    "KeepsStock",
    "Kind",
    "Limits",
    "Line",
    "OAuth",
    "Operation",
    "Organisation",
    "Outcome",
    "Page",
    "Payload",
    "Payment",
    "PaymentMethod",
    "PaymentTerm",
    "Posting",
    "Problem",
    "Provider",
    "ProviderError",
    "Reading",
    "Record",
    "Ref",
    "Refund",
    "RejectedError",
    "Right",
    "Role",
    "RunLostError",
    "RunReport",
    "Session",
    "SettingsError",
    "Spool",
    "Status",
    "StockValue",
    "SupplierCredit",
    "TargetState",
    "TargetStatus",
    "TaxMode",
    "TaxRate",
    "TellsUnmatchedGoods",
    "Tracking",
    "TrackingChoice",
    "TradeDocument",
    "UnauthorizedError",
    "UnmatchedGoods",
    "UnreachableError",
    "UnsureError",
    "Visit",
    "Visitor",
    "Visits",
    "Want",
    "Window",
    "actor",
    "hookimpl",
    "money",
    "needs",
    "retry_after",
    "visible_connections",
]


_LATER = {
    "Hub": "hub.engine",
    "RunReport": "hub.engine",
    "Visits": "hub.engine.visiting",
    "Right": "hub.web.access",
    "actor": "hub.web.access",
    "needs": "hub.web.access",
    "visible_connections": "hub.web.access",
}
"""What hooks are given, a visit's verbs, and what a plugin's pages ask for; they need everything above."""


def __getattr__(name: str) -> Any:
    """Loaded when asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
