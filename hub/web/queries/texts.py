"""A text within a column, whatever its case, as each database finds it quickest."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_ESCAPE = "/"
_UNCHANGED = re.compile(r"[ -@\[-`{-~]{3,}")
"""Digits and signs: what has no small and capital form."""


@dataclass(frozen=True)
class Sought:
    """A sort of text to look for: one statement does for all texts of a sort, and gets each as its parameters."""

    is_ascii: bool
    has_part: bool

    @classmethod
    def of(cls, text: str) -> Sought | None:
        """The sort of a text; None for no text."""
        return cls(text.isascii(), bool(_part(text))) if text else None


def holds_sought(column: sa.ColumnElement[str], name: str, sought: Sought) -> sa.ColumnElement[bool]:
    """That a column has a text in it, in small or capital letters.

    It is whatever text of the sort the statement gets with :func:`parameters` of this name.
    """
    names = (name, f"{name}_part") if sought.has_part else (name,)
    return _holds(column, sought.is_ascii, *(sa.bindparam(each, type_=sa.String) for each in names))


def parameters(name: str, text: str) -> dict[str, str]:
    """The parameters by which a statement gets a text to look for."""
    plain = text.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")
    part = _part(text)
    return {name: f"%{plain}%", f"{name}_part": part} if part else {name: f"%{plain}%"}


def _part(text: str) -> str:
    return max(_UNCHANGED.findall(text), key=len, default="")


def _holds(
    column: sa.ColumnElement[str],
    is_ascii: bool,
    pattern: sa.BindParameter[str],
    part: sa.BindParameter[str] | None = None,
) -> sa.ColumnElement[bool]:
    found = (_HoldsPlain if is_ascii else _Holds)(column, pattern)
    # Most texts are numbers of documents. The digits of one are quickly seen to be missing, and then no letter matters.
    return found if part is None else sa.and_(_HoldsExactly(column, part), found)


class _Holds(FunctionElement[bool]):
    name = "holds"
    type = sa.Boolean()
    inherit_cache = True


class _HoldsPlain(_Holds):
    """For a text without letters beyond A to Z."""

    name = "holds_plain"
    inherit_cache = True


class _HoldsExactly(FunctionElement[bool]):
    """Every character as it is."""

    name = "holds_exactly"
    type = sa.Boolean()
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


@compiles(_HoldsExactly, "sqlite")
def _exactly_of_sqlite(element: _HoldsExactly, compiler: SQLCompiler, **options: object) -> str:
    column, part = (compiler.process(each, **options) for each in element.clauses)
    return f"(instr({column}, {part}) > 0)"


@compiles(_HoldsExactly)
def _exactly_of_others(element: _HoldsExactly, compiler: SQLCompiler, **options: object) -> str:
    column, part = (compiler.process(each, **options) for each in element.clauses)
    return f"(strpos({column}, {part}) > 0)"
