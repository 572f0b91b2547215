"""What the providers told: records, documents, and what must be planned."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, Name, now


class NativeRecord(SQLModel, table=True):
    """One native record: its change stamp, and what became of what it owns."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("connection_id", "feed", "record_id"),
        Index(
            "record_unreadable",
            "connection_id",
            "id",
            sqlite_where=text("problem IS NOT NULL"),
            postgresql_where=text("problem IS NOT NULL"),
        ),
    )
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
        Index(
            "snapshot_dated",
            *("connection_id", "document_date", "id", "kind"),
            sqlite_where=text("document_date IS NOT NULL"),
            postgresql_where=text("document_date IS NOT NULL"),
        ),
        Index(
            "snapshot_withdrawn",
            *("connection_id", "kind", "external_id"),
            sqlite_where=text("withdrawn = 1"),
            postgresql_where=text("withdrawn"),
        ),
        # All that counting contacts asks of a snapshot, so that no document is read.
        Index(
            "snapshot_contact",
            *("connection_id", "kind", "external_id", "fingerprint"),
            sqlite_where=text("kind = 'contact'"),
            postgresql_where=text("kind = 'contact'"),
        ),
        Index(
            "snapshot_numbered",
            *("connection_id", "kind", "number", "external_id"),
            sqlite_where=text("kind = 'contact' AND number <> ''"),
            postgresql_where=text("kind = 'contact' AND number <> ''"),
        ),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    connection_id: int = Field(foreign_key="connection.id")
    feed: str
    record_id: str
    kind: str
    external_id: str
    natural_key: str = Field(default="", sa_column=Column(Name, nullable=False))
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
    first_seen_at: datetime = Field(default_factory=now)


class ContactEntry(SQLModel, table=True):
    """What a contact is found and matched by, one row for each contact snapshot; see ``hub.engine.directory``."""

    __tablename__ = "contact_entry"
    __table_args__ = (
        UniqueConstraint("connection_id", "external_id"),
        # In the order of the list of contacts, with all that its filters ask.
        Index(
            "contact_entry_name",
            *("connection_id", "name", "external_id", "is_customer", "is_supplier", "email", "tax_number"),
            *("tax_country", "active"),
        ),
        Index(
            "contact_entry_inactive",
            *("connection_id", "external_id"),
            sqlite_where=text("active = 0"),
            postgresql_where=text("NOT active"),
        ),
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
