"""What was compared: reconciliations with every line of them, sign-offs, and proofs that nothing is posted twice."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, one_of
from hub.models.states import BUSY_RECONCILIATIONS, ReconciliationState


class Reconciliation(SQLModel, table=True):
    """One comparison of the two sides of an integration for one period; once it is done nothing of it changes."""

    __tablename__ = "reconciliation"
    __table_args__ = (
        Index(
            "reconciliation_busy",
            "integration_id",
            unique=True,
            sqlite_where=one_of("state", BUSY_RECONCILIATIONS),
            postgresql_where=one_of("state", BUSY_RECONCILIATIONS),
        ),
        Index("reconciliation_period", "integration_id", "period_end", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    period_start: date
    period_end: date
    start_date: date
    """The integration's when it was compared."""
    state: str = ReconciliationState.WANTED.value
    cause: str
    """``person`` or ``schedule``."""
    asked_by: str = ""
    accounts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """By measure: the accounts of the stock system and those of the ledger."""
    token: str = ""
    """Of the process that works on it."""
    phase: str = ""
    progress: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    stop_requested: bool = False
    not_before: datetime | None = None
    """A platform asked for a rest until then."""
    most_calls: int | None = None
    """It ends before it makes more calls than this."""
    expected_calls: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """What was told before: by ``stock`` and ``ledger``."""
    calls: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    currency: str = ""
    valued_at: datetime | None = None
    """When the stock system valued its stock."""
    figures: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """By measure: ``stock``, ``ledger``, ``difference``, and ``causes`` with the amount and the lines of each."""
    reread: int = 0
    """How many records it had read again since no stored document explained an entry of theirs."""
    asked_at: datetime
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None


class ReconciliationLine(SQLModel, table=True):
    """One line of a comparison: what a document counts for on both sides, and why they differ.

    Amounts are text, exact. ``size`` is the amount without its sign in thousandths, to order by.
    """

    __tablename__ = "reconciliation_line"
    __table_args__ = (
        Index("reconciliation_line_cause", "reconciliation_id", "measure", "cause", "size", "id"),
        Index("reconciliation_line_source", "reconciliation_id", "source_id"),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    reconciliation_id: int = Field(foreign_key="reconciliation.id", ondelete="CASCADE")
    measure: str
    cause: str
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    amount: str
    stock_amount: str
    ledger_amount: str
    why: str = Field(default="", sa_column=Column(Text, nullable=False))
    kind: str = ""
    source_id: str = ""
    record_id: str = ""
    stock_number: str = ""
    stock_dates: str = ""
    stock_accounts: str = ""
    stock_url: str = Field(default="", sa_column=Column(Text, nullable=False))
    ledger_kind: str = ""
    target_id: str = ""
    ledger_number: str = ""
    ledger_dates: str = ""
    ledger_accounts: str = ""
    ledger_url: str = Field(default="", sa_column=Column(Text, nullable=False))
    snapshot_id: int | None = None
    operation_id: int | None = None


class SignOff(SQLModel, table=True):
    """A person vouches for a reconciliation. It is never changed; it can be withdrawn, with a reason, and stays."""

    __tablename__ = "sign_off"
    __table_args__ = (
        Index(
            "sign_off_live",
            "integration_id",
            "period_start",
            "period_end",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    reconciliation_id: int = Field(foreign_key="reconciliation.id", index=True)
    integration_id: int = Field(foreign_key="integration.id")
    period_start: date
    period_end: date
    signed_by: str
    signed_at: datetime
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    digest: str
    """Of every figure and every line, so that anybody can see that they are those that were signed."""
    documents: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """By part (``within`` the period, ``before`` it, ``ledger``) and kind: how many documents there were, what they
    added up to, and a digest of what each of them booked."""
    drift: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    """What is different since it was signed: ``why`` in words and what shows it."""
    drifted_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_why: str = Field(default="", sa_column=Column(Text, nullable=False))


class ReconciledAccounts(SQLModel, table=True):
    """The accounts that people chose to compare for one measure of an integration, in place of those found."""

    __tablename__ = "reconciled_accounts"
    __table_args__ = (UniqueConstraint("integration_id", "measure"),)
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id")
    measure: str
    stock: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    ledger: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    chosen_by: str
    chosen_at: datetime


class Proof(SQLModel, table=True):
    """One time that the ledger was asked for every mark of an integration's live links, and what it answered."""

    __tablename__ = "proof"
    __table_args__ = (
        Index(
            "proof_busy",
            "integration_id",
            unique=True,
            sqlite_where=one_of("state", BUSY_RECONCILIATIONS),
            postgresql_where=one_of("state", BUSY_RECONCILIATIONS),
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    integration_id: int = Field(foreign_key="integration.id", index=True)
    state: str = ReconciliationState.WANTED.value
    asked_by: str = ""
    token: str = ""
    stop_requested: bool = False
    not_before: datetime | None = None
    expected_calls: int = 0
    calls: int = 0
    links: int = 0
    """How many live links there were."""
    asked: int = 0
    """How many of them the ledger was asked about by their mark."""
    found: int = 0
    duplicates: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """Each with the document's ``label``, ``kind`` and ``source_id``, and its ``targets``: id, number and address."""
    missing: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """Links of which the ledger finds nothing by their mark."""
    queries: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    """The first questions about each ``kind`` as they were sent: ``exchange`` is the id in the log, ``sent`` the method
    and address."""
    kinds: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    problem: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    asked_at: datetime
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None
