"""The inventory method of an integration, and how its journals are posted: a person's verbs, with what they ask for.

Stock is debited only if it is also relieved. So the perpetual method and the flow of journals are switched on in one
act, which is refused while an account of stock or of cost of goods is not mapped; and it begins on a date: bills and
journals dated earlier stay periodic.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.documents import Account, AccountClass, Journal, Kind, TradeDocument, parse_document
from hub.engine.connections import flow_kinds
from hub.engine.facts import PERIODIC, PERPETUAL, load_chart, load_list, load_rules
from hub.engine.notes import all_due, open_due
from hub.errors import SettingsError
from hub.mapping import Chart, MappingList, Rules, is_cost_of_goods, is_stock
from hub.models import Flow, FlowMode, Integration, Link, OperationRow, OperationState, Snapshot, table
from hub.providers import Provider
from hub.reconcile import JournalMode, month_after
from hub.store import Store

if TYPE_CHECKING:
    from hub.engine.decisions import Decisions

flows = table(Flow)
integrations = table(Integration)
links = table(Link)
operations = table(OperationRow)
snapshots = table(Snapshot)

JOURNALS_READ = 500
"""How many of the newest journals are looked through for accounts that are not mapped."""
BILLS = (Kind.BILL.value, Kind.SUPPLIER_CREDIT.value)


def must_be_perpetual(integration: Any) -> None:
    """Raises ``SettingsError`` where journals would relieve a stock account that nothing debits."""
    if integration.inventory_method == PERIODIC:
        raise SettingsError(
            "Journals go with the perpetual inventory method, and this integration is periodic. Switch the method on"
            " the inventory page: that switches journals on as well."
        )


def _must_not_begin_later(integration: Integration, since: date) -> None:
    """Raises ``SettingsError`` where goods that were debited to stock meanwhile would never be relieved."""
    begun = integration.perpetual_from or integration.start_date
    if integration.inventory_method == PERPETUAL and since > begun:
        raise SettingsError(
            f"The perpetual method holds since {begun}, and goods bought since then are in stock. Go back to"
            " the periodic method first: that page says what becomes of them."
        )


def missing(db: sa.Connection, integration: Integration, since: date) -> list[str]:
    """What keeps the perpetual method from being switched on, in sentences; empty when nothing does."""
    source = [a for a in load_list(db, integration.stock_id, Kind.ACCOUNT) if isinstance(a, Account) and a.active]
    rules, chart = load_rules(db, integration.id or 0), load_chart(db, integration.ledger_id)
    stock, cost = [a for a in source if is_stock(a)], [a for a in source if is_cost_of_goods(a)]
    found = list(_of_sort("stock", stock, rules, chart)) + list(_of_sort("cost of goods", cost, rules, chart))
    names = {account.code: account.label for account in source}
    for code in _named_by_journals(db, integration.stock_id, since):
        target = rules.find(MappingList.ACCOUNT, code)
        if not target:
            found.append(f"Journals name the account {names.get(code, code)}, which is not mapped.")
        elif (account := chart.accounts.get(target)) is not None and not account.takes_journals:
            found.append(f"{names.get(code, code)} is mapped to {account.label}, which takes no journals.")
    return list(dict.fromkeys(found))


def _of_sort(sort: str, accounts: Sequence[Account], rules: Rules, chart: Chart) -> Iterator[str]:
    """At least one account of the sort is mapped, and stock is mapped to nothing but stock."""
    mapped = {account.label: rules.find(MappingList.ACCOUNT, account.code) for account in accounts}
    targets = {label: chart.accounts.get(code) for label, code in mapped.items() if code}
    if accounts and not targets:
        yield f"No account of {sort} is mapped: {', '.join(mapped)}."
    for label, target in targets.items():
        if target is None or not target.active:
            yield f"{label} is mapped to {mapped[label]}, which the ledger does not have."
        elif sort == "stock" and target.account_class is not AccountClass.ASSET:
            yield f"{label} is mapped to {target.label}: it has to be an asset account, where stock is kept."
        elif sort != "stock" and target.account_class is AccountClass.ASSET:
            yield f"{label} is mapped to {target.label}, which is an asset: what is sold has to leave the assets."
        elif not target.takes_journals:
            yield f"{label} is mapped to {target.label}, which takes no journals."


def _named_by_journals(db: sa.Connection, stock_id: int, since: date) -> list[str]:
    chosen = (
        sa.select(snapshots.c.document)
        .where(snapshots.c.connection_id == stock_id, snapshots.c.kind == Kind.JOURNAL.value)
        .where(snapshots.c.document_date >= since, snapshots.c.withdrawn.is_(False))
        .order_by(snapshots.c.document_date.desc())
        .limit(JOURNALS_READ)
    )
    documents = (parse_document(Kind.JOURNAL, text) for text in db.execute(chosen).scalars())
    return sorted({line.account for each in documents if isinstance(each, Journal) for line in each.lines})


def posted_bills(db: sa.Connection, integration: Integration, since: date) -> int:
    """How many bills and supplier credits dated since then have goods in purchases: posted by the periodic method.

    What was posted while the method was perpetual is in the stock account already.
    """
    chart = load_chart(db, integration.ledger_id)
    source = [each for each in load_list(db, integration.stock_id, Kind.ACCOUNT) if isinstance(each, Account)]
    stock = {account.code for account in source if is_stock(account)}
    chosen: sa.Select[Any] = (
        sa.select(links.c.kind, links.c.written_document, snapshots.c.document)
        .select_from(links.join(snapshots, snapshots.c.external_id == links.c.source_id))
        .where(links.c.integration_id == integration.id, links.c.kind.in_(BILLS), links.c.live.is_(True))
        .where(snapshots.c.connection_id == integration.stock_id, snapshots.c.kind == links.c.kind)
        .where(snapshots.c.document_date >= since)
    )
    return sum(_is_in_purchases(row, stock, chart) for row in db.execute(chosen))


def _is_in_purchases(row: sa.Row[Any], stock: Collection[str], chart: Chart) -> bool:
    """Whether a line for goods went elsewhere than to an asset; nobody knows it of what was adopted."""
    if not row.written_document:
        return True
    document, written = (parse_document(row.kind, text) for text in (row.document, row.written_document))
    if not isinstance(document, TradeDocument) or not isinstance(written, TradeDocument):
        return True
    goods = (there for here, there in zip(document.lines, written.lines, strict=False) if here.account in stock)
    accounts = (chart.accounts.get(line.account) for line in goods)
    return any(account is None or account.account_class is not AccountClass.ASSET for account in accounts)


class Methods:
    """A person's verbs on the inventory method and on journals."""

    def __init__(self, person: Decisions) -> None:
        self.person = person
        self.hub = person.hub
        self.store: Store = person.store

    def go_perpetual(self, integration_id: int, since: date, mode: FlowMode, *, bills_moved: bool = False) -> None:
        """Stock lines of bills dated ``since`` or later go to the stock account, and journals are posted from then on.

        Raises ``SettingsError`` that says what is missing. ``bills_moved``: a person moves what bills since then put
        into purchases already.
        """
        integration = self.hub.integration(integration_id)
        if mode is FlowMode.OFF:
            raise SettingsError("Choose how journals go: without them nothing would relieve the stock account.")
        if since < integration.start_date:
            raise SettingsError(f"Nothing dated before {integration.start_date} is posted. Choose that day or a later.")
        _must_not_begin_later(integration, since)
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            lacking = missing(db, integration, since)
            if lacking:
                raise SettingsError(f"Not yet: {' '.join(lacking)} Map them under Mappings, Accounts.")
            count = posted_bills(db, integration, since)
            if count and not bills_moved:
                raise SettingsError(
                    f"{count} bills and supplier credits dated {since} or later are in the ledger already. Those that"
                    " were posted while the method was periodic have their goods in purchases. Choose a later day, or"
                    " tick that you move those to stock in the ledger yourself."
                )
            flow_id = self._journal_flow(db, integration)
            self._save(db, integration_id, inventory_method=PERPETUAL, perpetual_from=since)
            self.person.switch(db, flow_id, {"mode": mode.value, "post_as": self._post_as(db, flow_id)})
            self._audit(db, integration_id, f"perpetual from {since}", bills_posted_before=count)

    def go_periodic(self, integration_id: int) -> None:
        """Goods that are bought count as purchases again; what is posted stays as it is, and is kept in step."""
        integration = self.hub.integration(integration_id)
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            self._save(db, integration_id, inventory_method=PERIODIC, perpetual_from=None)
            self._plan_again(db, integration)
            self._audit(db, integration_id, "periodic")

    def post_journals(self, integration_id: int, mode: JournalMode) -> str:
        """Post journals by themselves or together; answers with the first day that it holds for (empty: all).

        Months that were begun in another way go on in that way: a journal in the ledger is never posted twice.
        """
        integration = self.hub.integration(integration_id)
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            begun = _last_begun(db, integration)
            since = str(month_after(begun)) if begun else ""
            modes = [each for each in integration.journal_modes if each["since"] < since]
            before = modes[-1]["mode"] if modes else JournalMode.DOCUMENT.value
            if before != mode.value:
                modes.append({"mode": mode.value, "since": since})
            self._save(db, integration_id, journal_modes=modes)
            self._plan_again(db, integration)
            said = f"one for each {mode.value}" + (f", since {since}" if since else "")
            self.hub.audit(db, self.person.actor, "set how journals are posted", said, integration=integration_id)
        return since

    def set_cash_basis(self, integration_id: int, counts: bool) -> None:
        """Whether journals count in the ledger's reports on the cash basis; holds for what is not posted yet."""
        integration = self.hub.integration(integration_id)
        with self.store.write() as db:
            self.store.claim(db, integration_id)
            self._save(db, integration_id, journals_on_cash_basis=counts)
            self._plan_again(db, integration)
            said = "shown in reports on the cash basis" if counts else "left out of reports on the cash basis"
            self.hub.audit(db, self.person.actor, "set how journals count", said, integration=integration_id)

    def _save(self, db: sa.Connection, integration_id: int, **values: Any) -> None:
        db.execute(sa.update(integrations).where(integrations.c.id == integration_id).values(values))

    def _journal_flow(self, db: sa.Connection, integration: Integration) -> int:
        """The flow of journals; made where the two were joined before their plugins had journals."""
        mine = flows.c.integration_id == integration.id, flows.c.kind == Kind.JOURNAL.value
        found = db.execute(sa.select(flows.c.id).where(*mine)).scalar()
        if found is not None:
            return int(found)
        if Kind.JOURNAL not in flow_kinds(self._provider(integration.stock_id), self._provider(integration.ledger_id)):
            raise SettingsError("One of the two has no journals, so nothing would relieve the stock account.")
        made: Mapping[str, Any] = Flow(integration_id=integration.id or 0, kind=Kind.JOURNAL.value).model_dump(
            exclude={"id"}
        )
        return int(db.execute(sa.insert(flows).values(made).returning(flows.c.id)).scalar_one())

    def _provider(self, connection_id: int) -> Provider:
        return self.hub.provider(self.hub.connection(connection_id).provider)

    def _post_as(self, db: sa.Connection, flow_id: int) -> str:
        return str(db.execute(sa.select(flows.c.post_as).where(flows.c.id == flow_id)).scalar_one())

    def _plan_again(self, db: sa.Connection, integration: Integration) -> None:
        """Journals and whatever waits may be decided in another way now."""
        mine = flows.c.integration_id == integration.id, flows.c.kind == Kind.JOURNAL.value
        for flow in db.execute(sa.select(flows).where(*mine, flows.c.mode != FlowMode.OFF.value)).all():
            all_due(db, flow, integration.stock_id)
        open_due(self.store, db, integration.id or 0, "the inventory method was set")
        self.person.want_both(db, integration.id or 0)

    def _audit(self, db: sa.Connection, integration_id: int, subject: str, **more: Any) -> None:
        self.hub.audit(db, self.person.actor, "set inventory method", subject, integration=integration_id, **more)


def _last_begun(db: sa.Connection, integration: Integration) -> date | None:
    """The last date of a journal that is in the ledger, or may be."""
    dated = snapshots.c.connection_id == integration.stock_id, snapshots.c.kind == Kind.JOURNAL.value
    posted = (
        sa.select(sa.func.max(snapshots.c.document_date))
        .select_from(snapshots.join(links, links.c.source_id == snapshots.c.external_id))
        .where(*dated, links.c.integration_id == integration.id, links.c.kind == Kind.JOURNAL.value)
        .where(links.c.live.is_(True))
    )
    on_its_way = (
        sa.select(sa.func.max(operations.c.document_date))
        .where(operations.c.integration_id == integration.id, operations.c.kind == Kind.JOURNAL.value)
        .where(operations.c.state.in_([OperationState.SENDING.value, OperationState.UNSURE.value]))
    )
    return max(filter(None, (db.execute(posted).scalar(), db.execute(on_its_way).scalar())), default=None)
