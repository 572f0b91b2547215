"""Which accounts are compared: found from the chart, the mappings and the journals, unless a person chose others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from hub.causes import Accounts, Measure
from hub.documents import Account, AccountClass, JournalReason, Kind
from hub.engine.facts import load_list, load_rules
from hub.mapping import Default, MappingList, Rules, fold
from hub.models import Integration, Snapshot, table
from hub.models.reconciling import ReconciledAccounts

chosen_rows = table(ReconciledAccounts)
snapshots = table(Snapshot)

STOCK_WORDS = ("inventory", "stock")
RECEIVABLE = frozenset({"debtors", "receivable", "accounts receivable", "accountsreceivable"})
PAYABLE = frozenset({"creditors", "payable", "accounts payable", "accountspayable"})
JOURNALS_LOOKED_AT = 200
"""The newest journals tell which accounts stock is on; older ones hardly say another thing."""
OF_STOCK = frozenset({JournalReason.COST_OF_GOODS, JournalReason.ADJUSTMENT, JournalReason.STOCKTAKE})


@dataclass(frozen=True)
class Charts:
    """Both charts by code, and what the integration maps."""

    stock: Mapping[str, Account]
    ledger: Mapping[str, Account]
    rules: Rules
    of_journals: frozenset[str] = frozenset()
    """Accounts of the stock system that its journals about stock name."""

    def target(self, code: str) -> Account | None:
        """The ledger's account that one of the stock system is mapped to."""
        return self.ledger.get(self.rules.find(MappingList.ACCOUNT, code))

    def targets(self, codes: Iterable[str]) -> set[str]:
        """The codes that these are mapped to."""
        return {account.code for code in codes if (account := self.target(code)) is not None}

    def defaults(self, *names: Default) -> set[str]:
        """The codes that the integration uses where the stock system names none."""
        return {code for name in names if (code := self.rules.find(MappingList.DEFAULT, name)) in self.ledger}


def load_charts(db: sa.Connection, integration: Integration) -> Charts:
    """Both charts, as they were last read."""
    return Charts(
        stock=_chart(db, integration.stock_id),
        ledger=_chart(db, integration.ledger_id),
        rules=load_rules(db, integration.id or 0),
        of_journals=_accounts_of_journals(db, integration.stock_id),
    )


def load_accounts(db: sa.Connection, integration: Integration) -> dict[Measure, Accounts]:
    """The accounts of each measure: those that a person chose, else those that are found."""
    found = found_accounts(load_charts(db, integration))
    mine = sa.select(chosen_rows).where(chosen_rows.c.integration_id == integration.id)
    for row in db.execute(mine):
        found[Measure(row.measure)] = Accounts.of(row.stock, row.ledger)
    return found


def found_accounts(charts: Charts) -> dict[Measure, Accounts]:
    """What the charts and the mappings say."""
    stock = _stock_accounts(charts)
    sales = _of_class(charts, AccountClass.REVENUE)
    purchases = _of_class(charts, AccountClass.EXPENSE) - stock
    return {
        Measure.STOCK: Accounts.of(stock, _assets_of(charts, stock)),
        Measure.SALES: Accounts.of(sales, charts.targets(sales) | charts.defaults(Default.SALE_ACCOUNT)),
        Measure.PURCHASES: Accounts.of(
            purchases, charts.targets(purchases) | charts.defaults(Default.PURCHASE_ACCOUNT)
        ),
        Measure.RECEIVABLES: Accounts.of(_control(charts.stock, RECEIVABLE), _control(charts.ledger, RECEIVABLE)),
        Measure.PAYABLES: Accounts.of(_control(charts.stock, PAYABLE), _control(charts.ledger, PAYABLE)),
    }


def _stock_accounts(charts: Charts) -> set[str]:
    """By their type, else by the journals about stock, else by their name."""
    assets = {code: each for code, each in charts.stock.items() if each.account_class is AccountClass.ASSET}
    by_type = {code for code, each in assets.items() if "inventory" in fold(each.type)}
    by_journals = charts.of_journals & assets.keys()
    by_name = {code for code, each in assets.items() if fold(each.name).startswith(STOCK_WORDS)}
    return by_type or set(by_journals) or by_name


def _assets_of(charts: Charts, stock: Iterable[str]) -> set[str]:
    """What they are mapped to. With the periodic method that is no asset: then those that the ledger calls stock."""
    mapped = {code for code in charts.targets(stock) if charts.ledger[code].account_class is AccountClass.ASSET}
    return mapped or {code for code, each in charts.ledger.items() if _is_called_stock(each)}


def _is_called_stock(account: Account) -> bool:
    is_asset = account.account_class is AccountClass.ASSET
    return (
        is_asset
        and account.active
        and ("inventory" in fold(account.type) or fold(account.name).startswith(STOCK_WORDS))
    )


def _of_class(charts: Charts, wanted: AccountClass) -> set[str]:
    """Accounts of the stock system that are mapped to such an account, or are such a one and not mapped."""
    found: set[str] = set()
    for code, account in charts.stock.items():
        target = charts.target(code)
        if (target or account).account_class is wanted:
            found.add(code)
    return found


def _control(chart: Mapping[str, Account], words: frozenset[str]) -> set[str]:
    return {code for code, each in chart.items() if not words.isdisjoint({fold(each.system), fold(each.type)})}


def _chart(db: sa.Connection, connection_id: int) -> dict[str, Account]:
    listed = load_list(db, connection_id, Kind.ACCOUNT)
    return {one.code: one for one in listed if isinstance(one, Account) and one.code}


def _accounts_of_journals(db: sa.Connection, connection_id: int) -> frozenset[str]:
    newest = (
        sa.select(snapshots.c.document)
        .where(snapshots.c.connection_id == connection_id, snapshots.c.kind == Kind.JOURNAL.value)
        .where(snapshots.c.document_date.is_not(None), snapshots.c.withdrawn.is_(False))
        .order_by(snapshots.c.document_date.desc(), snapshots.c.id.desc())
        .limit(JOURNALS_LOOKED_AT)
    )
    found: set[str] = set()
    for text in db.execute(newest).scalars():
        journal = json.loads(text)
        if journal.get("reason") in OF_STOCK:
            found |= {line["account"] for line in journal.get("lines", ())}
    return frozenset(found)
