"""What was written, asked of the database: a field of the document that a link keeps as text."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class WrittenName(FunctionElement[str]):
    """The name in a document kept as text: what a contact was posted as. Nothing where there is no document."""

    name = "written_name"
    type = sa.String()
    inherit_cache = True


# The databases take JSON apart in their own ways, and neither takes an empty text for JSON.
@compiles(WrittenName, "sqlite")
def _of_sqlite(element: WrittenName, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_extract(nullif({compiler.process(element.clauses, **options)}, ''), '$.name')"


@compiles(WrittenName, "postgresql")
def _of_postgresql(element: WrittenName, compiler: SQLCompiler, **options: Any) -> str:
    return f"(CAST(nullif({compiler.process(element.clauses, **options)}, '') AS json) ->> 'name')"
