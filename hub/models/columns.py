"""How the tables keep JSON, numbers and times, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Integer, String, Table, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


Identity = BigInteger().with_variant(Integer(), "sqlite")

Name = String().with_variant(String(collation="C"), "postgresql")
"""Text compared byte by byte on every database, so that an index finds what begins with some letters."""


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def table(model: type[SQLModel]) -> Table:
    """A model's table, for statements that work on many rows."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def one_of(column: str, values: tuple[str, ...]) -> Any:
    """The condition of a partial index: the column is one of these values."""
    return text(f"{column} IN ({', '.join(repr(value) for value in values)})")
