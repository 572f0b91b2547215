"""The short lists of both sides that mappings are made between: accounts, tax rates, bank accounts and the like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from hub.documents import Account, BankAccount, Document, Kind, PaymentMethod, TaxRate
from hub.engine.among import one_of
from hub.engine.facts import parse_listed
from hub.mapping import (
    MappingList,
    Suggestion,
    fold,
    suggest_accounts,
    suggest_payment_accounts,
    suggest_payment_methods,
    suggest_tax_rates,
)
from hub.models import Snapshot, table

Entry = TypeVar("Entry", bound=Document)
snapshots = table(Snapshot)

_LISTED = (Kind.ACCOUNT, Kind.TAX_RATE, Kind.BANK_ACCOUNT, Kind.PAYMENT_METHOD)
_REFERENCE = (
    sa.select(snapshots.c.connection_id, snapshots.c.kind, snapshots.c.document)
    .where(
        snapshots.c.connection_id.in_([sa.bindparam("stock"), sa.bindparam("ledger")]),
        one_of(snapshots.c.kind, _LISTED),
        snapshots.c.withdrawn.is_(False),
    )
    .order_by(snapshots.c.natural_key)
)


@dataclass(frozen=True)
class Reference:
    """What the stock system (source) and the ledger (target) have, each in the order of their codes."""

    source_accounts: Sequence[Account]
    source_taxes: Sequence[TaxRate]
    source_banks: Sequence[BankAccount]
    target_accounts: Sequence[Account]
    target_taxes: Sequence[TaxRate]
    target_methods: Sequence[PaymentMethod] = ()

    @property
    def source_paying(self) -> Sequence[Account | BankAccount]:
        """What the stock system's payments may name."""
        return [*(account for account in self.source_accounts if account.takes_payments), *self.source_banks]

    def suggestions(
        self, mapped: Collection[tuple[str, str]], *, periodic: bool
    ) -> dict[MappingList, list[Suggestion]]:
        """What we would map, and why, for codes that are not ``mapped`` yet: list and folded code of those that are."""
        found = {
            MappingList.ACCOUNT: suggest_accounts(self.source_accounts, self.target_accounts, periodic=periodic),
            MappingList.PAYMENT_ACCOUNT: suggest_payment_accounts(self.source_accounts, self.target_accounts),
            MappingList.PAYMENT_METHOD: suggest_payment_methods(self.source_paying, self.target_methods),
            MappingList.TAX_RATE: suggest_tax_rates(self.source_taxes, self.target_taxes),
        }
        return {where: [s for s in all if (where, fold(s.source_code)) not in mapped] for where, all in found.items()}


def load_reference(db: sa.Connection, stock_id: int, ledger_id: int) -> Reference:
    """Both sides' lists, in one statement."""
    rows = db.execute(_REFERENCE, {"stock": stock_id, "ledger": ledger_id}).all()
    source = [parse_listed(Kind(row.kind), row.document) for row in rows if row.connection_id == stock_id]
    target = [parse_listed(Kind(row.kind), row.document) for row in rows if row.connection_id == ledger_id]
    return Reference(
        source_accounts=_of(Account, source),
        source_taxes=_of(TaxRate, source),
        source_banks=_of(BankAccount, source),
        target_accounts=_of(Account, target),
        target_taxes=_of(TaxRate, target),
        target_methods=_of(PaymentMethod, target),
    )


def _of(sort: type[Entry], listed: Sequence[Document]) -> list[Entry]:
    return [each for each in listed if isinstance(each, sort)]
