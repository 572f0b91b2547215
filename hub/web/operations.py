"""One intended write: the source document, what will be sent, why, and what a person may decide about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Document, parse_document
from hub.errors import SettingsError
from hub.models import OperationState
from hub.web import comparison, wording
from hub.web.context import decisions, row_or_404, rows, tell, tell_error
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS, LINKS, OPERATIONS, SNAPSHOTS

pages = Blueprint("operations", __name__, url_prefix="/operations")

CAN_DROP = frozenset({"held", "failed", "proposed", "pending"})
CAN_RETRY = frozenset({"held", "failed"})
PREVIEWED = frozenset({OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.FAILED.value})
"""A held operation lacks something, so there is nothing yet that would be sent."""


@pages.get("/<int:operation_id>")
def show(operation_id: int) -> ResponseReturnValue:
    """Everything there is to say about one operation."""
    row = _operation(operation_id)
    target = parse_document(row.kind, row.document)
    source = _source(row)
    route, payload, refusal = _payload(row)
    return render_template(
        "operation.html",
        row=row,
        source=source,
        fields=comparison.fields(source, target),
        lines=comparison.line_pairs(source, target),
        line_fields=comparison.LINE_FIELDS,
        route=route,
        payload=payload,
        refusal=refusal,
        link=_link(row),
        can_drop=row.state in CAN_DROP,
        can_retry=row.state in CAN_RETRY,
    )


@pages.post("/<int:operation_id>/approve")
def approve(operation_id: int) -> ResponseReturnValue:
    """Let it go, if it still is what the page showed."""
    _check(operation_id)
    count = decisions().approve([operation_id], hashes={operation_id: request.form.get("hash", "")})
    tell("Approved. The next run sends it." if count else "It changed meanwhile: look at it again before you approve.")
    return _back(operation_id)


@pages.post("/<int:operation_id>/drop")
def drop(operation_id: int) -> ResponseReturnValue:
    """Never write it, for the reason given."""
    return _decide(operation_id, lambda ids: decisions().drop(ids, request.form.get("reason", "")), "Skipped.")


@pages.post("/<int:operation_id>/retry")
def retry(operation_id: int) -> ResponseReturnValue:
    """Plan it anew."""
    return _decide(operation_id, decisions().retry, "It is planned again with the next run.")


@pages.post("/<int:operation_id>/undrop")
def undrop(operation_id: int) -> ResponseReturnValue:
    """Take a skip back."""
    return _decide(operation_id, decisions().undrop, "No longer skipped: it is planned again with the next run.")


def _decide(operation_id: int, act: Callable[[list[int]], int], done: str) -> ResponseReturnValue:
    _check(operation_id)
    try:
        count = act([operation_id])
    except SettingsError as error:
        tell_error(error)
    else:
        tell(done if count else "Nothing was changed: it is not in a state that allows this any more.")
    return _back(operation_id)


def _check(operation_id: int) -> None:
    row_or_404(sa.select(OPERATIONS.c.id).where(OPERATIONS.c.id == operation_id))


def _back(operation_id: int) -> ResponseReturnValue:
    return redirect(url_for("operations.show", operation_id=operation_id), 303)


def _operation(operation_id: int) -> sa.Row[Any]:
    ledger = CONNECTIONS.alias("ledger")
    return row_or_404(
        sa.select(
            OPERATIONS,
            INTEGRATIONS.c.stock_id,
            INTEGRATIONS.c.name.label("integration"),
            ledger.c.name.label("ledger"),
        )
        .join(INTEGRATIONS, INTEGRATIONS.c.id == OPERATIONS.c.integration_id)
        .join(ledger, ledger.c.id == OPERATIONS.c.ledger_id)
        .where(OPERATIONS.c.id == operation_id)
    )


def _source(row: sa.Row[Any]) -> Document | None:
    chosen = sa.select(SNAPSHOTS.c.document).where(
        SNAPSHOTS.c.connection_id == row.stock_id,
        SNAPSHOTS.c.kind == row.kind,
        SNAPSHOTS.c.external_id == row.source_id,
    )
    found = rows(chosen)
    return parse_document(row.kind, found[0].document) if found else None


def _link(row: sa.Row[Any]) -> sa.Row[Any] | None:
    chosen = sa.select(LINKS).where(
        LINKS.c.integration_id == row.integration_id,
        LINKS.c.kind == row.kind,
        LINKS.c.source_id == row.source_id,
        LINKS.c.live,
    )
    return next(iter(rows(chosen)), None)


def _payload(row: sa.Row[Any]) -> tuple[str, str, str]:
    """Route and body as they would be sent now, or why there is nothing to show."""
    if row.state not in PREVIEWED:
        return "", "", ""
    try:
        route, body = decisions().preview(row.id)
    except SettingsError as error:
        return "", "", str(error)
    return route, wording.pretty(body), ""
