"""Accounts at providers: credentials, how far each was read, and the calls that were made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.models.columns import Identity, Json, now


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
    trials: list[dict[str, str]] | None = Field(default=None, sa_column=Column(Json))
    """What was tried when it was last tested, and what came of each."""
    tried_at: datetime | None = None
    parked_until: datetime | None = None
    wanted_at: datetime | None = None
    wanted_why: str = ""
    wanted_calls: int | None = None
    """The most calls that the wanted run may make; None when nobody set a limit."""
    paused_by: str = ""
    """Who keeps its runs from starting; empty: nobody."""
    created_at: datetime = Field(default_factory=now)
    removed_at: datetime | None = None


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
