"""Loading, in bulk, the stored facts that a portion of decisions rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, cast

import sqlalchemy as sa

from hub.documents import (
    TRADE_KINDS,
    Account,
    Contact,
    Document,
    Item,
    Kind,
    PaymentMethod,
    PaymentTerm,
    Settlement,
    Status,
    TaxRate,
    Tracking,
    TradeDocument,
    parse_document,
)
from hub.engine.among import one_of
from hub.engine.notes import chunks
from hub.errors import SettingsError
from hub.mapping import Chart, Default, MappingList, Policy, Ref, Resolver, Rules, Sources, fold
from hub.models import (
    ConnectionRow,
    Flow,
    FlowMode,
    Integration,
    Link,
    MappingRow,
    OperationRow,
    OperationState,
    Snapshot,
    table,
)
from hub.providers import Action, Facts, Organisation, Provider, TargetState, TargetStatus, party_of
from hub.reconcile import Conflict, FlowRules, LinkView, Match

connections = table(ConnectionRow)
flow_rows = table(Flow)
integrations = table(Integration)
links = table(Link)
mappings = table(MappingRow)
operations = table(OperationRow)
snapshots = table(Snapshot)

COMING_STATES = (
    OperationState.PROPOSED.value,
    OperationState.PENDING.value,
    OperationState.SENDING.value,
    OperationState.UNSURE.value,
)


@dataclass
class Ground:
    """What one integration's decisions share: its settings, mappings and the target's lists."""

    integration: Integration
    provider: Provider
    organisation: Organisation
    flows: Mapping[int, Flow]
    rules: Rules
    chart: Chart
    currencies: Mapping[str, str] = field(default_factory=dict)
    stock_lock: date | None = None
    """The last closed day of the stock side."""

    @property
    def policy(self) -> Policy:
        """What holds for all documents of the integration."""
        on = {flow.kind for flow in self.flows.values() if flow.mode != FlowMode.OFF}
        return Policy(
            items_on=Kind.ITEM in on,
            periodic=self.is_periodic,
            perpetual_from=self.integration.perpetual_from,
            journals_on=Kind.JOURNAL in on,
            hold_untracked=self.integration.unmapped_tracking == "hold",
        )

    @property
    def is_periodic(self) -> bool:
        """Whether goods that are bought count as purchases."""
        return self.integration.inventory_method == PERIODIC

    def flow_rules(self, flow: Flow) -> FlowRules:
        """One flow's decisions."""
        return FlowRules(
            start_date=self.integration.start_date,
            post_as=Status(flow.post_as),
            update_approved=flow.update_approved,
            conflict=Conflict(_CONFLICTS.get(self.integration.conflict_policy, Conflict.ASK)),
            periodic=self.is_periodic,
            perpetual_from=self.integration.perpetual_from,
        )

    def facts(
        self, targets: Mapping[Ref, str] | None = None, card_currencies: Mapping[str, str] | None = None
    ) -> Facts:
        """What the provider is told when it fits or renders."""
        return Facts(
            organisation=self.organisation,
            accounts=self.chart.accounts,
            taxes=self.chart.taxes,
            tracking={category.name: category for category in self.chart.tracking.values()},
            targets=targets or {},
            rounding_limit=Decimal(self.integration.rounding_limit_cents) / 100,
            rounding_account=self.rules.find(MappingList.DEFAULT, Default.ROUNDING_ACCOUNT),
            card_currencies=card_currencies or {},
        )


PERIODIC, PERPETUAL = "periodic", "perpetual"
"""The inventory methods, as integrations keep them."""

_CONFLICTS = {"stock": Conflict.STOCK_WINS, "ledger": Conflict.LEDGER_WINS, "ask": Conflict.ASK}


def load_ground(db: sa.Connection, integration_id: int, providers: Mapping[str, Provider]) -> Ground:
    """Load what every decision of an integration shares."""
    mine = {"integration": integration_id}
    integration = Integration(**db.execute(_INTEGRATION, mine).one()._mapping)
    named = {"stock": integration.stock_id, "ledger": integration.ledger_id}
    sides = {row.id: row for row in db.execute(_SIDES, named)}
    stock, ledger = sides[integration.stock_id], sides[integration.ledger_id]
    if ledger.provider not in providers:
        raise SettingsError(f"The plugin of provider {ledger.provider!r} is not installed, {ledger.name} needs it.")
    if ledger.organisation is None:
        raise SettingsError(f"{ledger.name} has not been read yet.")
    flows = {row.id: Flow(**row._mapping) for row in db.execute(_FLOWS, mine)}
    return Ground(
        integration=integration,
        provider=providers[ledger.provider],
        organisation=Organisation.model_validate(ledger.organisation),
        flows=flows,
        rules=load_rules(db, integration_id),
        chart=load_chart(db, integration.ledger_id),
        stock_lock=Organisation.model_validate(stock.organisation).lock_date if stock.organisation else None,
    )


def load_rules(db: sa.Connection, integration_id: int) -> Rules:
    """An integration's mappings."""
    rows = db.execute(_MAPPINGS, {"integration": integration_id})
    return Rules({(row.list, fold(row.source_code)): row.target_code for row in rows})


def load_chart(db: sa.Connection, connection_id: int) -> Chart:
    """A connection's accounts and tax rates by code, its tracking categories, payment methods and terms."""
    listed = [parse_listed(Kind(row.kind), row.document) for row in db.execute(_CHART, {"connection": connection_id})]
    accounts = {one.code: one for one in listed if isinstance(one, Account) and one.code}
    taxes = {one.code: one for one in listed if isinstance(one, TaxRate) and one.code}
    return Chart(
        accounts,
        taxes,
        {fold(one.name): one for one in listed if isinstance(one, Tracking)},
        {fold(one.name): one for one in listed if isinstance(one, PaymentMethod)},
        {fold(one.name): one for one in listed if isinstance(one, PaymentTerm)},
    )


def load_list(db: sa.Connection, connection_id: int, kind: Kind) -> list[Document]:
    """Every present document of a kind; meant for the short reference lists."""
    rows = db.execute(_of_kinds(kind), {"connection": connection_id})
    return [parse_listed(kind, row.document) for row in rows]


# Made once: asked for each preview, each chunk of a plan and each batch, they take longer to make than to answer.
_INTEGRATION = sa.select(integrations).where(integrations.c.id == sa.bindparam("integration"))
_SIDES: sa.Select[Any] = sa.select(
    connections.c.id, connections.c.name, connections.c.provider, connections.c.organisation
).where(connections.c.id.in_([sa.bindparam("stock"), sa.bindparam("ledger")]))
_FLOWS = sa.select(flow_rows).where(flow_rows.c.integration_id == sa.bindparam("integration"))
_MAPPINGS = sa.select(mappings.c.list, mappings.c.source_code, mappings.c.target_code).where(
    mappings.c.integration_id == sa.bindparam("integration")
)
_PRESENT = (
    sa.select(snapshots.c.kind, snapshots.c.document)
    .where(snapshots.c.connection_id == sa.bindparam("connection"), snapshots.c.withdrawn.is_(False))
    .order_by(snapshots.c.natural_key)
)


@cache
def _of_kinds(*kinds: Kind) -> sa.Select[Any]:
    """Written out: of these there are few, and a plan for any kind would go through all documents."""
    return _PRESENT.where(one_of(snapshots.c.kind, kinds))


_CHART = _of_kinds(Kind.ACCOUNT, Kind.TAX_RATE, Kind.TRACKING, Kind.PAYMENT_METHOD, Kind.PAYMENT_TERM)


@lru_cache(maxsize=2000)
def parse_listed(kind: Kind, text: str) -> Document:
    """A list is loaded for each chunk and each batch and hardly ever changes; its documents are frozen."""
    return parse_document(kind, text)


def load_documents(
    db: sa.Connection, connection_id: int, kind: Kind, external_ids: Iterable[str]
) -> dict[str, Document]:
    """Some documents of a kind by external id."""
    found: dict[str, Document] = {}
    for part in chunks(sorted(set(external_ids) - {""})):
        chosen = sa.select(snapshots.c.external_id, snapshots.c.document).where(
            snapshots.c.connection_id == connection_id,
            snapshots.c.kind == kind.value,
            snapshots.c.external_id.in_(part),
        )
        found |= {row.external_id: parse_document(kind, row.document) for row in db.execute(chosen)}
    return found


def load_resolver(db: sa.Connection, ground: Ground, documents: Sequence[Document]) -> Resolver:
    """A resolver that knows the items and contacts these documents name."""
    trade = [document for document in documents if isinstance(document, TradeDocument)]
    stock = ground.integration.stock_id
    items = load_documents(db, stock, Kind.ITEM, (line.item_id for document in trade for line in document.lines))
    contacts = load_documents(db, stock, Kind.CONTACT, (document.contact_id for document in trade))
    sources = Sources(cast(Mapping[str, Item], items), cast(Mapping[str, Contact], contacts))
    return Resolver(ground.rules, ground.chart, sources, ground.policy)


_LINK_VIEW = tuple(links.c)
_LINK_STATE = tuple(column for column in _LINK_VIEW if column.name != "written_document")


def load_links(
    db: sa.Connection,
    integration_id: int,
    kind: str,
    source_ids: Sequence[str],
    *,
    with_document: bool = True,
) -> tuple[dict[str, LinkView], dict[str, int]]:
    """The live links of some source records, and the last generation of those that ever had one."""
    live: dict[str, LinkView] = {}
    generations: dict[str, int] = {}
    for part in chunks(source_ids):
        chosen = sa.select(*(_LINK_VIEW if with_document else _LINK_STATE)).where(
            links.c.integration_id == integration_id, links.c.kind == kind, links.c.source_id.in_(part)
        )
        for row in db.execute(chosen):
            generations[row.source_id] = max(row.generation, generations.get(row.source_id, 0))
            if row.live:
                live[row.source_id] = _link_view(row, with_document)
    return live, generations


def _link_view(row: sa.Row[Any], with_document: bool) -> LinkView:
    written = parse_document(row.kind, row.written_document) if with_document and row.written_document else None
    return LinkView(
        id=row.id,
        version=row.version,
        generation=row.generation,
        target_id=row.target_id,
        state=TargetState.model_validate(row.state),
        written_fingerprint=row.written_fingerprint,
        written_payload=row.written_payload,
        written_document=written,
        settled_digest=row.settled_stamp,
    )


def load_targets(db: sa.Connection, integration_id: int, refs: Iterable[Ref]) -> dict[Ref, str]:
    """The target ids of linked source records, and whom the documents among them are with in the ledger."""
    by_kind: dict[Kind, set[str]] = {}
    for kind, external_id in refs:
        by_kind.setdefault(kind, set()).add(external_id)
    found: dict[Ref, str] = {}
    for kind, ids in by_kind.items():
        for part in chunks(sorted(ids)):
            stated = (links.c.state,) if kind in TRADE_KINDS else ()
            chosen = sa.select(links.c.source_id, links.c.target_id, *stated).where(
                links.c.integration_id == integration_id,
                links.c.kind == kind.value,
                links.c.source_id.in_(part),
                links.c.live.is_(True),
            )
            for row in db.execute(chosen):
                found[kind, row.source_id] = row.target_id
                if stated and row.state.get("contact_id"):
                    found[party_of((kind, row.source_id))] = row.state["contact_id"]
    return found


def load_matches(db: sa.Connection, ledger_id: int, kind: Kind, keys: Iterable[str]) -> dict[str, list[Match]]:
    """The ledger's records of a kind by natural key, for adoption."""
    found: dict[str, list[Match]] = {}
    for part in chunks(sorted(set(keys) - {""})):
        chosen = sa.select(snapshots).where(
            snapshots.c.connection_id == ledger_id,
            snapshots.c.kind == kind.value,
            snapshots.c.natural_key.in_(part),
            snapshots.c.withdrawn.is_(False),
        )
        for row in db.execute(chosen):
            document = parse_document(kind, row.document)
            active = bool(getattr(document, "active", True))
            state = TargetState(
                kind=kind,
                target_id=row.external_id,
                status=TargetStatus.ACTIVE if active else TargetStatus.ARCHIVED,
                number=row.number or getattr(document, "code", "") or row.label,
            )
            found.setdefault(row.natural_key, []).append(Match(row.external_id, row.label, state))
    return found


def load_namesakes(
    db: sa.Connection, ground: Ground, kind: Kind, keys: Iterable[str]
) -> tuple[dict[str, list[Match]], dict[str, list[str]]]:
    """Other source records by natural key: the targets of those that are linked, and those that are on their way."""
    linked: dict[str, list[Match]] = {}
    coming: dict[str, list[str]] = {}
    for part in chunks(sorted(set(keys) - {""})):
        named = sa.and_(
            snapshots.c.connection_id == ground.integration.stock_id,
            snapshots.c.kind == kind.value,
            snapshots.c.natural_key.in_(part),
        )
        mine = sa.and_(
            links.c.integration_id == ground.integration.id, links.c.kind == kind.value, links.c.live.is_(True)
        )
        chosen = sa.select(snapshots.c.natural_key, snapshots.c.label, links.c.target_id, links.c.state).join_from(
            snapshots, links, sa.and_(mine, links.c.source_id == snapshots.c.external_id)
        )
        for row in db.execute(chosen.where(named)):
            match = Match(row.target_id, row.label, TargetState.model_validate(row.state))
            linked.setdefault(row.natural_key, []).append(match)
        creates = sa.and_(
            operations.c.integration_id == ground.integration.id,
            operations.c.kind == kind.value,
            operations.c.action == Action.CREATE.value,
            operations.c.state.in_(COMING_STATES),
        )
        waiting = sa.select(snapshots.c.natural_key, operations.c.source_id).join_from(
            snapshots, operations, sa.and_(creates, operations.c.source_id == snapshots.c.external_id)
        )
        for key, source_id in db.execute(waiting.where(named)):
            coming.setdefault(key, []).append(source_id)
    return linked, coming


def refs_of(document: Document) -> list[Ref]:
    """Every source record that a document names and a renderer may need the target of."""
    if isinstance(document, TradeDocument):
        refs: list[Ref] = [(Kind.CONTACT, document.contact_id)] if document.contact_id else []
        credited = getattr(document, "credits_id", "")
        if credited:
            refs.append((Kind.INVOICE if document.kind is Kind.CREDIT_NOTE else Kind.BILL, credited))
        return [*refs, *{(Kind.ITEM, line.item_id) for line in document.lines if line.item_id}]
    if isinstance(document, Settlement):
        return [(document.document_kind, document.document_id)]
    credit_id = getattr(document, "credit_id", "")
    if credit_id:
        allocation = cast(Any, document)
        return [(allocation.credit_kind, credit_id), (allocation.document_kind, allocation.document_id)]
    return []
