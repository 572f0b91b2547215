"""One of many texts, asked of the database with one parameter, so that the statement is the same however many they are.

Both databases know a statement again by its text. To take apart and plan a large one takes longer than to answer it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Texts(sa.TypeDecorator[Iterable[str]]):
    """Several texts as one value: an array where the database has arrays, else JSON."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """The database's type for it."""
        return dialect.type_descriptor(postgresql.ARRAY(sa.Text()) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Iterable[str] | None, dialect: sa.Dialect) -> Any:
        """What the driver gets."""
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


class _Among(FunctionElement[bool]):
    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _Among:
        """Itself: SQLite, which has no truth values, would be asked whether it is 1, and use no index."""
        return self


def among(column: sa.ColumnElement[str], parameter: str) -> sa.ColumnElement[bool]:
    """The condition that ``column`` is one of the texts that ``parameter`` stands for when the statement is asked."""
    return _Among(column, sa.bindparam(parameter, type_=_Texts()))


@compiles(_Among, "sqlite")
def _of_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = element.clauses
    each = sa.func.json_each(texts).table_valued("value")
    return compiler.process(column.in_(sa.select(each.c.value)), **options)


@compiles(_Among, "postgresql")
def _of_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = element.clauses
    return compiler.process(column == sa.any_(texts), **options)
