"""Mappings taken over from another integration: what both stock systems and both ledgers have under the same code."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa

from hub.documents import Account, BankAccount, Kind, TaxRate
from hub.engine.facts import load_chart, load_list
from hub.mapping import Default, MappingList, fold
from hub.models import Integration, MappingRow, table

integrations = table(Integration)
mappings = table(MappingRow)

_FREE = frozenset(Default) - {Default.SALE_CONTACT}
"""Defaults whose target is a code; a contact's id means nothing in another ledger."""


def loadable(db: sa.Connection, integration_id: int, other_id: int) -> dict[MappingList, dict[str, str]]:
    """The mappings of ``other_id`` that fit here and are not there yet: source code -> target code, by list."""
    row = db.execute(sa.select(integrations).where(integrations.c.id == integration_id)).one()
    sources = _sources(db, row.stock_id)
    chart = load_chart(db, row.ledger_id)
    targets = {
        MappingList.ACCOUNT: {code for code, one in chart.accounts.items() if one.active and one.takes_documents},
        MappingList.PAYMENT_ACCOUNT: {
            code for code, one in chart.accounts.items() if one.active and one.takes_payments
        },
        MappingList.TAX_RATE: {code for code, one in chart.taxes.items() if one.active},
        MappingList.PAYMENT_METHOD: {one.code for one in chart.payment_methods.values() if one.active},
    }
    targets[MappingList.DEFAULT] = targets[MappingList.ACCOUNT] | targets[MappingList.TAX_RATE]
    mine = {(each.list, fold(each.source_code)) for each in _stored(db, integration_id)}
    found: dict[MappingList, dict[str, str]] = {where: {} for where in sources}
    for each in _stored(db, other_id):
        where = MappingList(each.list)
        if where not in sources:
            continue  # tracking is chosen by the names of one ledger's own categories
        fits = fold(each.source_code) in sources[where] and each.target_code in targets[where]
        if fits and (each.list, fold(each.source_code)) not in mine:
            found[where][each.source_code] = each.target_code
    return found


def _stored(db: sa.Connection, integration_id: int) -> list[sa.Row[Any]]:
    columns = (mappings.c.list, mappings.c.source_code, mappings.c.target_code)
    chosen = sa.select(*columns).where(mappings.c.integration_id == integration_id)
    return [*db.execute(chosen.order_by(mappings.c.list, mappings.c.source_code))]


def _sources(db: sa.Connection, stock_id: int) -> dict[MappingList, set[str]]:
    accounts = {fold(one.code) for one in cast(list[Account], load_list(db, stock_id, Kind.ACCOUNT))}
    banks = {fold(one.code) for one in cast(list[BankAccount], load_list(db, stock_id, Kind.BANK_ACCOUNT))}
    taxes = {fold(one.code) for one in cast(list[TaxRate], load_list(db, stock_id, Kind.TAX_RATE))}
    return {
        MappingList.ACCOUNT: accounts,
        MappingList.PAYMENT_ACCOUNT: accounts | banks,
        MappingList.PAYMENT_METHOD: accounts | banks,
        MappingList.TAX_RATE: taxes,
        MappingList.DEFAULT: {each.value for each in _FREE},
    }
