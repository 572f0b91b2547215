"""What is written: links, operations and batches."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Index, LargeBinary, Numeric, Text, cast, func, literal_column, text
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, Name, now, one_of
from hub.models.states import OPEN_STATES, OperationState

DRAFT_LINKS = {
    "sqlite": "live = 1 AND json_extract(state, '$.status') = 'draft'",
    "postgresql": "live AND state->>'status' = 'draft'",
}
"""Links whose targets are drafts, in the words of each database: the condition of an index, and of who uses it."""

DEAD_CONTACTS = {
    "sqlite": "kind = 'contact' AND live = 1 AND json_extract(state, '$.status') IN ('voided', 'missing', 'archived')",
    "postgresql": "kind = 'contact' AND live AND state->>'status' IN ('voided', 'missing', 'archived')",
}
"""Links of contacts that the ledger no longer uses: the condition of an index, and of who uses it."""
CHANGING = f"state IN ({', '.join(repr(state) for state in OPEN_STATES)}) AND action <> 'create'"
"""Open operations about what is posted already: the condition of an index, and of who uses it."""
PROPOSED = text(f"state = '{OperationState.PROPOSED.value}'")
DROPPED = text(f"state = '{OperationState.DROPPED.value}'")


NUMBER = Numeric(20, 3)
"""Amounts as they are compared and added up."""


def as_number(amount: ColumnElement[Any]) -> ColumnElement[Any]:
    """An amount, which is stored as text, as a number to compare with; NULL for no amount.

    The index of proposals by amount has it in these words, and only who asks in the same words finds by it.
    """
    return cast(func.nullif(amount, literal_column("''")), NUMBER)


class Link(SQLModel, table=True):
    """This source record is that target record; what we last wrote and what the target last said."""

    __tablename__ = "link"
    __table_args__ = (
        Index(
            "link_live_source",
            "integration_id",
            "kind",
            "source_id",
            unique=True,
            sqlite_where=text("live = 1"),
            postgresql_where=text("live"),
        ),
        Index(
            "link_live_target",
            "integration_id",
            "kind",
            "target_id",
            unique=True,
            sqlite_where=text("live = 1 AND kind NOT IN ('contact', 'item')"),
            postgresql_where=text("live AND kind NOT IN ('contact', 'item')"),
        ),
        Index("link_source", "integration_id", "kind", "source_id"),
        Index("link_target", "ledger_id", "kind", "target_id"),
        Index("link_number", "integration_id", "target_number"),
        Index(
            "link_live_newest",
            "integration_id",
            "id",
            sqlite_where=text("live = 1"),
            postgresql_where=text("live"),
        ),
        Index(
            "link_edited",
            "integration_id",
            "id",
            sqlite_where=text("live = 1 AND edited = 1"),
            postgresql_where=text("live AND edited"),
        ),
        Index(
            "link_money",
            "integration_id",
            "document_id",
            sqlite_where=text("document_id <> ''"),
            postgresql_where=text("document_id <> ''"),
        ),
        Index(
            "link_credit",
            "integration_id",
            "credit_id",
            sqlite_where=text("credit_id <> ''"),
            postgresql_where=text("credit_id <> ''"),
        ),
        Index(
            "link_draft",
            "integration_id",
            sqlite_where=text(DRAFT_LINKS["sqlite"]),
            postgresql_where=text(DRAFT_LINKS["postgresql"]),
        ),
        Index(
            "link_dead_contact",
            *("integration_id", "kind", "live", "source_id"),
            sqlite_where=text(DEAD_CONTACTS["sqlite"]),
            postgresql_where=text(DEAD_CONTACTS["postgresql"]),
        ),
        # All that counting contacts asks of a link, so that no link is read.
        Index(
            "link_contact",
            *("integration_id", "kind", "source_id", "live", "written_fingerprint"),
            sqlite_where=text("live = 1 AND kind = 'contact'"),
            postgresql_where=text("live AND kind = 'contact'"),
        ),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    integration_id: int = Field(foreign_key="integration.id")
    ledger_id: int = Field(foreign_key="connection.id")
    kind: str
    source_id: str
    target_id: str
    target_number: str = Field(default="", sa_column=Column(Name, nullable=False))
    generation: int = 1
    live: bool = True
    version: int = 1
    """Raised by every change; an operation that saw an older one is refused."""
    origin: str = "created"
    written_fingerprint: str = ""
    written_payload: str = ""
    written_document: str = Field(default="", sa_column=Column(Text, nullable=False))
    state: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    settled_stamp: str = ""
    """The target's stamp at our last settle; another one means somebody else changed it."""
    edited: bool = False
    """Whether the target's stamp is another one now."""
    document_id: str = ""
    """Of a payment, refund or allocation: the source document that the money is for."""
    credit_id: str = ""
    """Of an allocation: the source credit that it uses."""
    others_money: str = ""
    """How much others paid or credited on it that a person knows not to be payments of the source."""
    created_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None
    ended_why: str = ""


class StateChange(SQLModel, table=True):
    """A link's target had another status, or another amount was due on it, than before: when the hub learned of it."""

    __tablename__ = "state_change"
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    link_id: int = Field(index=True)
    at: datetime
    status: str
    due: str = ""


class OperationRow(SQLModel, table=True):
    """One intended write, frozen as it was planned."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "operation_open",
            "flow_id",
            "source_id",
            unique=True,
            sqlite_where=one_of("state", OPEN_STATES),
            postgresql_where=one_of("state", OPEN_STATES),
        ),
        Index("operation_queue", "ledger_id", "state", "tier", "id"),
        Index("operation_flow", "flow_id", "state"),
        Index("operation_integration", "integration_id", "state", "kind"),
        # In the order of the lists, so that a page of them is read and no more.
        Index("operation_listed", "state", "id"),
        Index("operation_newest", "state", "settled_at", "id"),
        # Small, and with all that the filters of the lists ask of a row: looked through without reading the rows.
        Index(
            "operation_proposed",
            *("state", "id", "integration_id", "kind", "label", "contact", "document_date", "amount"),
            sqlite_where=PROPOSED,
            postgresql_where=PROPOSED,
        ),
        # As an amount is compared: without it each proposal's text is made a number for every look.
        Index(
            "operation_amount",
            *("state", text(f"({as_number(literal_column('amount'))})"), "id", "integration_id", "amount"),
            sqlite_where=PROPOSED,
            postgresql_where=PROPOSED,
        ),
        Index(
            "operation_dropped",
            *("state", "settled_at", "id", "integration_id", "label"),
            sqlite_where=DROPPED,
            postgresql_where=DROPPED,
        ),
        Index(
            "operation_changing",
            *("integration_id", "state", "id", "kind"),
            sqlite_where=text(CHANGING),
            postgresql_where=text(CHANGING),
        ),
        # One cause in the order of its list.
        Index(
            "operation_cause",
            *("state", "problem_code", "problem_subject", "id", "integration_id"),
            sqlite_where=text("problem_code <> ''"),
            postgresql_where=text("problem_code <> ''"),
        ),
        Index(
            "operation_batch",
            "batch_id",
            sqlite_where=text("batch_id IS NOT NULL"),
            postgresql_where=text("batch_id IS NOT NULL"),
        ),
        Index("operation_source", "integration_id", "kind", "source_id"),
        Index("operation_settled", "integration_id", "state", "settled_at"),
        Index(
            "operation_warned",
            "integration_id",
            "id",
            sqlite_where=text("warned = 1"),
            postgresql_where=text("warned"),
        ),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    integration_id: int = Field(foreign_key="integration.id")
    flow_id: int = Field(foreign_key="flow.id")
    ledger_id: int = Field(foreign_key="connection.id")
    kind: str
    source_id: str
    label: str = ""
    action: str
    state: str
    tier: int = 0
    document: str = Field(sa_column=Column(Text, nullable=False))
    fingerprint: str
    payload_hash: str
    generation: int = 1
    target_id: str = ""
    link_id: int | None = None
    link_version: int = 0
    fields: list[str] | None = Field(default=None, sa_column=Column(Json))
    depends_on: list[list[str]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    trace: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    warnings: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    warned: bool = False
    """Whether it was done with warnings."""
    problem_code: str = ""
    problem_subject: str = ""
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    facts: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """What it rests on or waits for: it comes due when one of them changes."""
    caught: bool = False
    """Kept back by the safety catch, waiting for a person although the flow is automatic."""
    approved_hash: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    batch_id: str | None = None
    attempt: int = 0
    looked_in: int | None = None
    """The run that last read the target for this operation: an update goes out only on a fresh look."""
    not_before: datetime | None = None
    amount: str = ""
    currency: str = ""
    document_date: date | None = None
    contact: str = ""
    """The name on the document, to be found by."""
    post_as: str = ""
    """The status that a person chose for this document; empty: what the flow says."""
    reason: str = ""
    planned_at: datetime
    settled_at: datetime | None = None


class OperationFact(SQLModel, table=True):
    """The facts that a held or failed operation waits for, one row each, so that a changed fact finds it."""

    __tablename__ = "operation_fact"
    __table_args__ = (Index("operation_fact_fact", "integration_id", "fact"),)
    operation_id: int = Field(sa_column=Column(Identity, primary_key=True))
    fact: str = Field(primary_key=True)
    integration_id: int


class BatchRow(SQLModel, table=True):
    """Operations sent together, with the exact bytes, encrypted, kept until settled."""

    __tablename__ = "batch"
    id: str = Field(primary_key=True, max_length=24)
    connection_id: int = Field(foreign_key="connection.id", index=True)
    run_id: int = Field(index=True)
    kind: str
    action: str
    route: str
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    state: str
    sent_at: datetime
    resends: int = 0
    settled_at: datetime | None = None
