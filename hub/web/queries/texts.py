"""A text within a column, whatever its case, as each database finds it quickest."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_ESCAPE = "/"


def holds(column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """That a column has the text in it, in small or capital letters."""
    plain = text.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")
    test = _HoldsPlain if text.isascii() else _Holds
    return test(column, sa.literal(f"%{plain}%", sa.String))


class _Holds(FunctionElement[bool]):
    name = "holds"
    type = sa.Boolean()
    inherit_cache = True


class _HoldsPlain(_Holds):
    """For a text without letters beyond A to Z."""

    name = "holds_plain"
    inherit_cache = True


# SQLite's LIKE takes small for capital letters by itself; making both small first takes three times as long.
@compiles(_Holds, "sqlite")
def _of_sqlite(element: _Holds, compiler: SQLCompiler, **options: object) -> str:
    column, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} LIKE {pattern} ESCAPE '{_ESCAPE}')"


@compiles(_Holds)
def _of_others(element: _Holds, compiler: SQLCompiler, **options: object) -> str:
    column, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f"(lower({column}) LIKE lower({pattern}) ESCAPE '{_ESCAPE}')"


@compiles(_HoldsPlain, "postgresql")
def _plain_of_postgresql(element: _HoldsPlain, compiler: SQLCompiler, **options: object) -> str:
    # Making every language's letters small takes longer than all the rest of the look.
    column, pattern = (compiler.process(each, **options) for each in element.clauses)
    return f'(lower({column} COLLATE "C") LIKE lower({pattern} COLLATE "C") ESCAPE \'{_ESCAPE}\')'
