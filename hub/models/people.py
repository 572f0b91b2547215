"""Who may come in, what they may see and do, and who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, now


class PersonRow(SQLModel, table=True):
    """Somebody who can sign in. Nobody is ever deleted: what they did keeps its name."""

    __tablename__ = "person"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    """In small letters: what a person signs in with, and what the audit calls them."""
    first_name: str
    last_name: str
    sort: str
    owner: bool = False
    manage_entities: bool = False
    manage_users: bool = False
    approve_imports: bool = False
    active: bool = True
    password: str
    """An argon2id hash."""
    fs_uniquifier: str = Field(unique=True)
    """What a session names instead of the person: another one ends every session."""
    totp_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """Sealed; there as long as a second factor is asked for."""
    totp_counter: int = 0
    """Of the last code that was used, so that none is used twice."""
    recovery_codes: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    """Sealed: those that were not used yet."""
    created_at: datetime = Field(default_factory=now)
    last_signed_in_at: datetime | None = None


class EntityAccess(SQLModel, table=True):
    """Whether one person sees one entity. Without a row a user does and a client does not."""

    __tablename__ = "entity_access"
    person_id: int = Field(foreign_key="person.id", primary_key=True)
    connection_id: int = Field(foreign_key="connection.id", primary_key=True)
    allowed: bool


class Invitation(SQLModel, table=True):
    """A person who may become one by a link that was sent to them."""

    __tablename__ = "invitation"
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(index=True)
    first_name: str
    last_name: str
    sort: str
    rights: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    access: dict[str, bool] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    """Yes or No by the connection's id."""
    token_hash: str = Field(unique=True)
    """SHA-256 of the link's token, which is kept nowhere."""
    invited_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    accepted_at: datetime | None = None


class SignIn(SQLModel, table=True):
    """One attempt to come in, and how it ended; failed ones slow the next ones down."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("sign_in_email", "email", "at"),
        Index("sign_in_address", "address", "at"),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    at: datetime = Field(index=True)
    email: str
    address: str
    """The network address that the attempt came from."""
    outcome: str


class AuditEvent(SQLModel, table=True):
    """Who did what, when, to what, and why."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("audit_event_actor", "actor", "id"),
        Index("audit_event_what", "what", "id"),
    )
    id: int | None = Field(default=None, sa_column=Column(Identity, primary_key=True))
    at: datetime = Field(index=True)
    actor: str
    what: str
    subject: str = ""
    reason: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    connection_id: int | None = None
    integration_id: int | None = None
    """Whose entity it is about, if it is about one: only who sees that entity sees the entry."""
