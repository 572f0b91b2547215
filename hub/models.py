"""The hub's tables and the constraints that carry its promises."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Identity = BigInteger().with_variant(Integer(), "sqlite")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def table(model: type[SQLModel]) -> Table:
    """A model's table, for statements that work on many rows."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


class FlowMode(enum.StrEnum):
    """How far a flow goes by itself."""

    OFF = "off"
    REVIEW = "review"
    AUTOMATIC = "automatic"


class OperationState(enum.StrEnum):
    """The life of one intended write."""

    HELD = "held"
    PROPOSED = "proposed"
    PENDING = "pending"
    SENDING = "sending"
    UNSURE = "unsure"
    FAILED = "failed"
    DONE = "done"
    DROPPED = "dropped"
    REPLACED = "replaced"


OPEN_STATES = tuple(
    s.value
    for s in (
        OperationState.HELD,
        OperationState.PROPOSED,
        OperationState.PENDING,
        OperationState.SENDING,
        OperationState.UNSURE,
        OperationState.FAILED,
    )
)


class RunState(enum.StrEnum):
    """How a run stands or ended."""

    OPEN = "open"
    DONE = "done"
    PARKED = "parked"
    FAILED = "failed"
    STOPPED = "stopped"
    TAKEN_OVER = "taken_over"


def _in(column: str, values: tuple[str, ...]) -> Any:
    return text(f"{column} IN ({', '.join(repr(value) for value in values)})")


class ConsentRow(SQLModel, table=True):
    """One OAuth consent; its tokens are shared by every connection made from it."""

    __tablename__ = "consent"
    id: int | None = Field(default=None, primary_key=True)
    provider: str
    secrets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version: int = 1
    expires_at: datetime
    refreshed_at: datetime
    broken: str = ""


class OAuthRequest(SQLModel, table=True):
    """A consent on its way: what must come back with the redirect."""

    __tablename__ = "oauth_request"
    state: str = Field(primary_key=True)
    provider: str
    secrets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    connection_id: int | None = None
    created_at: datetime


class ConnectionRow(SQLModel, table=True):
    """One account at a provider."""

    __tablename__ = "connection"
    __table_args__ = (UniqueConstraint("provider", "account_id"),)
    id: int | None = Field(default=None, primary_key=True)
    provider: str
    account_id: str
    name: str
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    secrets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    consent_id: int | None = Field(default=None, foreign_key="consent.id")
    limits: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    organisation: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    suspended: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    parked_until: datetime | None = None
    wanted_at: datetime | None = None
    wanted_why: str = ""
    created_at: datetime = Field(default_factory=now)
    removed_at: datetime | None = None


class Integration(SQLModel, table=True):
    """Two connections joined: stock side and ledger side."""

    __tablename__ = "integration"
    __table_args__ = (UniqueConstraint("stock_id", "ledger_id"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    stock_id: int = Field(foreign_key="connection.id")
    ledger_id: int = Field(foreign_key="connection.id")
    start_date: date
    inventory_method: str = "periodic"
    others_off_by: str = ""
    others_off_at: datetime | None = None
    conflict_policy: str = "ask"
    safety_floor: int = 20
    safety_percent: int = 10
    rounding_limit_cents: int = 5
    created_at: datetime = Field(default_factory=now)


class Flow(SQLModel, table=True):
    """One kind within an integration, from the stock side to the ledger side."""

    __tablename__ = "flow"
    __table_args__ = (UniqueConstraint("integration_id", "kind", "direction"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id", index=True)
    kind: str
    direction: str = "to_ledger"
    mode: str = FlowMode.OFF.value
    post_as: str = "authorised"
    update_approved: bool = True
    """Whether a document that the ledger already approved may still be updated."""
    checked_at: datetime | None = None
    """When the newest documents were last looked for in the ledger, which comes before the first one is written."""
    hits: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """What that look found and nobody has adopted or excluded yet: the flow stays off until there is none."""


class MappingRow(SQLModel, table=True):
    """Source code -> target code in one list of an integration."""

    __tablename__ = "mapping"
    __table_args__ = (UniqueConstraint("integration_id", "list", "source_code"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    list: str
    source_code: str
    target_code: str
    suggested: bool = False
    changed_at: datetime = Field(default_factory=now)


class Cursor(SQLModel, table=True):
    """How far a feed has been pulled; opaque to the hub."""

    __tablename__ = "cursor"
    __table_args__ = (UniqueConstraint("connection_id", "feed"),)
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id")
    feed: str
    watermark: str | None = Field(default=None, sa_column=Column(Text))
    progress: str | None = Field(default=None, sa_column=Column(Text))
    pull: int = 1
    """Numbers the pull under way; a full feed withdraws what the finished pull did not list."""
    completed_at: datetime | None = None


class NativeRecord(SQLModel, table=True):
    """One native record: its change stamp, and what became of what it owns."""

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("connection_id", "feed", "record_id"),)
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    connection_id: int = Field(foreign_key="connection.id")
    feed: str
    record_id: str
    label: str = ""
    stamp: str
    skipped: dict[str, str] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    pull: int = 0
    seen_at: datetime


class Snapshot(SQLModel, table=True):
    """The last document seen for one source record."""

    __tablename__ = "snapshot"
    __table_args__ = (
        UniqueConstraint("connection_id", "kind", "external_id"),
        Index("snapshot_owner", "connection_id", "feed", "record_id"),
        Index("snapshot_key", "connection_id", "kind", "natural_key"),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    connection_id: int = Field(foreign_key="connection.id")
    feed: str
    record_id: str
    kind: str
    external_id: str
    natural_key: str = ""
    """Folded name of a contact, code of an item or list entry: what adoption matches on."""
    label: str = ""
    number: str = ""
    document_date: date | None = None
    amount: str = ""
    currency: str = ""
    document: str = Field(sa_column=Column(Text, nullable=False))
    fingerprint: str
    withdrawn: bool = False
    seen_at: datetime


class ContactEntry(SQLModel, table=True):
    """What a contact is found and matched by, one row for each contact snapshot; see ``hub.engine.directory``."""

    __tablename__ = "contact_entry"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        Index("contact_entry_name", "connection_id", "name"),
        Index("contact_entry_head", "connection_id", "head"),
        Index("contact_entry_email", "connection_id", "email"),
        Index("contact_entry_domain", "connection_id", "domain"),
        Index("contact_entry_tax_number", "connection_id", "tax_number"),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    connection_id: int = Field(foreign_key="connection.id")
    external_id: str
    name: str
    """Folded."""
    head: str
    """The first letters of the name's first telling word: only names that share them are compared letter by letter."""
    email: str
    domain: str
    """Of the e-mail address; empty for the mail providers that everybody uses."""
    tax_number: str
    """Letters and digits alone, without the country before them."""
    tax_country: str
    is_customer: bool
    is_supplier: bool
    active: bool


class ContactSheet(SQLModel, table=True):
    """A sheet of links that somebody sent, until what it would change is applied or given up."""

    __tablename__ = "contact_sheet"
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    file: str
    rows: list[list[str]] = Field(sa_column=Column(Json, nullable=False))
    sent_by: str
    sent_at: datetime


class Due(SQLModel, table=True):
    """A note that one record of one flow must be planned, and why."""

    __tablename__ = "due"
    __table_args__ = (UniqueConstraint("flow_id", "external_id"),)
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    flow_id: int = Field(foreign_key="flow.id")
    external_id: str
    reason: str
    version: int = 1
    """Raised by every further reason, so that a plan clears only the note it saw."""


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
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    integration_id: int = Field(foreign_key="integration.id")
    ledger_id: int = Field(foreign_key="connection.id")
    kind: str
    source_id: str
    target_id: str
    target_number: str = ""
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
    created_at: datetime = Field(default_factory=now)
    ended_at: datetime | None = None
    ended_why: str = ""


class OperationRow(SQLModel, table=True):
    """One intended write, frozen as it was planned."""

    __tablename__ = "operation"
    __table_args__ = (
        Index(
            "operation_open",
            "flow_id",
            "source_id",
            unique=True,
            sqlite_where=_in("state", OPEN_STATES),
            postgresql_where=_in("state", OPEN_STATES),
        ),
        Index("operation_queue", "ledger_id", "state", "tier", "id"),
        Index("operation_flow", "flow_id", "state"),
        Index("operation_integration", "integration_id", "state"),
        Index("operation_batch", "batch_id"),
        Index("operation_source", "integration_id", "kind", "source_id"),
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
    reason: str = ""
    planned_at: datetime
    settled_at: datetime | None = None


class Exclusion(SQLModel, table=True):
    """A source document that a flow does not post, and the rule that says so."""

    __tablename__ = "exclusion"
    __table_args__ = (UniqueConstraint("flow_id", "external_id"),)
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    flow_id: int = Field(foreign_key="flow.id")
    external_id: str
    rule: str


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
    run_id: int
    kind: str
    action: str
    route: str
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    state: str
    sent_at: datetime
    resends: int = 0
    settled_at: datetime | None = None


class Run(SQLModel, table=True):
    """One conversation with one connection."""

    __tablename__ = "run"
    __table_args__ = (
        Index(
            "run_open",
            "connection_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id", index=True)
    cause: str
    token: str
    state: str = RunState.OPEN.value
    phase: str = ""
    progress: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    stop_requested: bool = False
    stop_reason: str = ""
    started_at: datetime
    heartbeat_at: datetime
    finished_at: datetime | None = None


class Exchange(SQLModel, table=True):
    """What was said on the wire, redacted."""

    __tablename__ = "exchange"
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    connection_id: int = Field(index=True)
    run_id: int | None = Field(default=None, index=True)
    at: datetime = Field(index=True)
    method: str
    url: str = Field(sa_column=Column(Text, nullable=False))
    status: int | None = None
    milliseconds: int = 0
    request: str = Field(default="", sa_column=Column(Text, nullable=False))
    response: str = Field(default="", sa_column=Column(Text, nullable=False))
    error: str = ""


class Bucket(SQLModel, table=True):
    """The calls of one connection, counted for every process."""

    __tablename__ = "bucket"
    name: str = Field(primary_key=True)
    blocked_until: float = 0.0
    day_start: float = 0.0
    day_used: int = 0
    reported_left: int | None = None


class BucketCall(SQLModel, table=True):
    """One call inside the window; it is a concurrency lease until it is done."""

    __tablename__ = "bucket_call"
    __table_args__ = (Index("bucket_call_at", "bucket", "at"),)
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    bucket: str
    at: float
    done: bool = False


class Schedule(SQLModel, table=True):
    """When a connection's run is wanted."""

    __tablename__ = "schedule"
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(foreign_key="connection.id")
    name: str
    trigger: str
    expression: str
    time_zone: str = "UTC"
    paused: bool = False
    version: int = 1
    last_fired_at: datetime | None = None


class Lease(SQLModel, table=True):
    """A named lease, such as being the one scheduler."""

    __tablename__ = "lease"
    name: str = Field(primary_key=True)
    owner: str
    until: float


class AuditEvent(SQLModel, table=True):
    """Who did what, when, to what, and why."""

    __tablename__ = "audit_event"
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    at: datetime = Field(index=True)
    actor: str
    what: str
    subject: str = ""
    reason: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
