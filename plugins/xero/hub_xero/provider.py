"""Xero as the hub sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from hub import (
    TRADE_KINDS,
    Action,
    Allocation,
    Allowed,
    BatchRule,
    Connection,
    Contact,
    Document,
    Door,
    Facts,
    Fit,
    Item,
    Journal,
    Kind,
    Limits,
    Operation,
    Organisation,
    Payload,
    Payment,
    Provider,
    Reading,
    Refund,
    Role,
    Session,
    TargetState,
    TradeDocument,
    Window,
)
from hub_xero import addresses, books, cards, journals, lifecycle, money, render, trade
from hub_xero.chart import ACCOUNT_TYPES
from hub_xero.feeds import FEEDS
from hub_xero.oauth import XeroOAuth
from hub_xero.session import XeroSession
from hub_xero.settings import XeroSettings

_CARD = frozenset({Action.CREATE, Action.UPDATE})
_TRADE = frozenset({Action.CREATE, Action.UPDATE, Action.VOID, Action.DELETE})
_MONEY = frozenset({Action.CREATE, Action.VOID, Action.DELETE})

_MEGABYTE = 1_000_000
_BATCH = BatchRule(operations=50, bytes=3 * _MEGABYTE)
"""Xero takes 3.5 MB and advises 50 elements; the margin is for what the network adds."""


class XeroProvider(Provider):
    """Xero, the ledger in the cloud."""

    name = "xero"
    title = "Xero"
    role = Role.LEDGER
    settings = XeroSettings
    feeds = FEEDS
    writes = {
        Kind.CONTACT: _CARD,
        Kind.ITEM: _CARD,
        **dict.fromkeys(TRADE_KINDS, _TRADE),
        Kind.PAYMENT: _MONEY,
        Kind.REFUND: _MONEY,
        Kind.ALLOCATION: _MONEY,
        Kind.JOURNAL: _TRADE,
    }
    batch_rules = dict.fromkeys(writes, _BATCH) | {Kind.ALLOCATION: BatchRule(operations=1)}
    skips = {
        "test_a_known_record_is_spared": "Xero's lists carry whole records, so a known one costs no call that could be "
        "spared; what did not change is left out by the cursor.",
    }
    settling_seconds = 30.0
    """A write whose answer was lost may still be running; Xero's lists show it within seconds of its end."""
    resend_seconds = 300.0
    """Xero keeps an idempotency key for about six minutes."""
    pushes_at_once = 3
    """Of the five calls that Xero takes at once; some are left to others."""
    oauth = XeroOAuth()
    account_types = ACCOUNT_TYPES
    help_steps = (
        "Log in at developer.xero.com, choose My Apps, then New app.",
        "Choose 'Web app', enter this site's address, and add the redirect address shown below.",
        "On the app's Configuration page copy the client id, generate a secret and copy it as well.",
        "Enter both here and press 'Go on to Xero'; Xero asks which organisation may be used.",
    )

    def limits(self, settings: Any) -> Limits:
        """60 calls a minute, 5 at once, and what the tier allows a day (Xero API limits), a tenth of it for money."""
        per_day = cast(XeroSettings, settings).calls_per_day
        return Limits(windows=(Window(60, 60.0),), per_day=per_day, concurrent=5, reserved=per_day // 10)

    def fit(self, document: Document, facts: Facts) -> Fit:
        """The document as Xero will take it, or why it can not."""
        if isinstance(document, TradeDocument):
            return trade.fit(document, facts)
        if isinstance(document, Payment | Refund):
            return money.fit_settlement(document, facts)
        if isinstance(document, Allocation):
            return money.fit_allocation(document, facts)
        if isinstance(document, Journal):
            return journals.fit(document, facts)
        if isinstance(document, Contact):
            return cards.fit_contact(document, facts)
        return cards.fit_item(document, facts) if isinstance(document, Item) else Fit(document)

    def render(self, operations: Sequence[Operation], facts: Facts) -> Payload:
        """Exactly what would be sent."""
        return render.render(operations, facts)

    def allowed(self, kind: Kind, state: TargetState) -> Allowed:
        """What Xero lets anybody do to a record in this state."""
        return lifecycle.allowed(kind, state)

    def reading_cost(self, counts: Mapping[Kind, int], since: date, until: date) -> Reading:
        """About how many calls a reconciliation makes here."""
        return books.reading_cost(counts)

    def address_of(self, kind: Kind, id: str, organisation: Organisation) -> str:
        """The record's page at Xero."""
        return addresses.address_of(kind, id, organisation.short_code)

    def open(self, connection: Connection, http: Door) -> Session:
        """Start a conversation."""
        return XeroSession(connection, http)
