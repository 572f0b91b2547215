"""One of many values, asked of the database with one parameter: the statement is the same however many they are.

Both databases know a statement again by its text. To take apart and plan a large one takes longer than to answer it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Texts(sa.TypeDecorator[Iterable[Any]]):
    """Several texts as one value: an array where the database has arrays, else JSON."""

    impl = sa.Text
    cache_ok = True
    each: ClassVar[type[sa.types.TypeEngine[Any]]] = sa.Text

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """The database's type for it."""
        return dialect.type_descriptor(postgresql.ARRAY(self.each()) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: sa.Dialect) -> Any:
        """What the driver gets."""
        values = list(value or ())
        return values if dialect.name == "postgresql" else json.dumps(values)


class _Numbers(_Texts):
    """Several whole numbers as one value."""

    cache_ok = True
    each = sa.BigInteger


class _Among(FunctionElement[bool]):
    name = "among"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _Among:
        """Itself: SQLite, which has no truth values, would be asked whether it is 1, and use no index."""
        return self


def among(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    """The condition that ``column`` is one of what ``parameter`` stands for when the statement is asked.

    The column has texts or whole numbers.
    """
    several = _Numbers() if isinstance(column.type, sa.Integer) else _Texts()
    return _Among(column, sa.bindparam(parameter, type_=several))


class _AmongFew(FunctionElement[bool]):
    name = "among_few"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _AmongFew:
        """Itself, as above."""
        return self


def one_of(column: sa.ColumnElement[Any], constants: Iterable[str]) -> sa.ColumnElement[bool]:
    """The condition that ``column`` is one of our own constants, such as states: written out, never what was typed.

    A list of parameters is put together anew each time that the statement is asked, and PostgreSQL does not know what
    is in it when it plans.
    """
    return column.in_([sa.literal_column(f"'{constant}'", sa.String) for constant in constants])


def among_few(column: sa.ColumnElement[Any], found: sa.Select[Any]) -> sa.ColumnElement[bool]:
    """The condition that ``column`` is among what a statement finds, which are few where the rows are many."""
    return _AmongFew(column, found.scalar_subquery())


@compiles(_Among, "sqlite")
def _of_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = element.clauses
    each = sa.func.json_each(texts).table_valued("value")
    return compiler.process(column.in_(sa.select(each.c.value)), **options)


@compiles(_Among, "postgresql")
def _of_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, texts = element.clauses
    return compiler.process(column == sa.any_(texts), **options)


@compiles(_AmongFew)
def _few(element: _AmongFew, compiler: SQLCompiler, **options: Any) -> str:
    column, found = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN {found})"


@compiles(_AmongFew, "postgresql")
def _few_of_postgresql(element: _AmongFew, compiler: SQLCompiler, **options: Any) -> str:
    # Found once, and held against each row. With IN, each row is looked up, which takes longer than all the rest.
    column, found = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY (ARRAY{found}))"
