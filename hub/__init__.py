"""Ledgerport: a self-hosted integration hub.

This module is the whole surface a provider plugin may import from the hub.
"""

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
    Kind,
    Line,
    Payment,
    PaymentTerm,
    Refund,
    Status,
    SupplierCredit,
    TaxMode,
    TaxRate,
    Tracking,
    TradeDocument,
    money,
)
from hub.errors import (
    BusyError,
    Problem,
    ProviderError,
    RejectedError,
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
    Want,
    Window,
)

if TYPE_CHECKING:
    from hub.engine import Hub, RunReport

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
    "Facts",
    "Feed",
    "Fit",
    "Hub",
    "Invoice",
    "Item",
    "Job",
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
    "PaymentTerm",
    "Problem",
    "Provider",
    "ProviderError",
    "Record",
    "Ref",
    "Refund",
    "RejectedError",
    "Role",
    "RunReport",
    "Session",
    "SettingsError",
    "Status",
    "SupplierCredit",
    "TargetState",
    "TargetStatus",
    "TaxMode",
    "TaxRate",
    "Tracking",
    "TradeDocument",
    "UnauthorizedError",
    "UnreachableError",
    "UnsureError",
    "Visit",
    "Want",
    "Window",
    "hookimpl",
    "money",
    "retry_after",
]


def __getattr__(name: str) -> Any:
    """What hooks are given, for annotations; loaded when asked for, since it needs everything above."""
    if name in ("Hub", "RunReport"):
        from hub import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
