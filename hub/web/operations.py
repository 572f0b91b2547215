"""One intended write: the source document, what will be sent, why, and what a person may decide about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import TRADE_KINDS, Document, Kind, parse_document
from hub.engine.correcting import can_correct
from hub.engine.facts import Ground, load_ground
from hub.engine.needing import approve_with_needed
from hub.engine.previewing import preview
from hub.engine.restating import RESTATED
from hub.errors import SettingsError
from hub.mapping import DIRECT_TARGET
from hub.models import OperationState
from hub.providers import Action
from hub.web import comparison, wording
from hub.web.access import Right, needs, visible_integrations
from hub.web.context import decisions, row_or_404, rows, tell, tell_error, the_hub
from hub.web.elsewhere import Entity, safe
from hub.web.queries.contacts import names_of
from hub.web.queries.drafts import drafts_waited_for
from hub.web.queries.ignored import ignored_contact
from hub.web.queries.naming import operations_called
from hub.web.queries.sent import sent
from hub.web.queries.tables import CONNECTIONS, INTEGRATIONS, LINKS, OPERATIONS, SNAPSHOTS
from hub.web.ready import STATUSES
from hub.web.unchanged import while_unchanged
from hub.web.visits import sent_next

pages = Blueprint("operations", __name__, url_prefix="/operations")

CAN_DROP = frozenset({"held", "failed", "proposed", "pending"})
CAN_RETRY = frozenset({"held", "failed"})
CAN_ADOPT = frozenset({"held", "failed", "proposed"})
PREVIEWED = frozenset({OperationState.PROPOSED.value, OperationState.PENDING.value, OperationState.FAILED.value})
"""A held operation lacks something, so there is nothing yet that would be sent."""


@pages.get("/<int:operation_id>")
def show(operation_id: int) -> ResponseReturnValue:
    """Everything there is to say about one operation."""
    row = _operation(operation_id)
    target = parse_document(row.kind, row.document)
    with the_hub().store.read() as db:
        source = parse_document(row.kind, row.source) if row.source else None
        ledger_address = Entity(db, row.ledger_id).address(row.kind, row.linked_target_id) if row.linked_id else ""
        left = next(iter(sent(db, the_hub().vault, [row])), None)
        called = operations_called(db, [row]).get(row.id)
        draft = drafts_waited_for(db, [row]).get(row.id)
        ignored = ignored_contact(db, row)
        default_contact = _default_contact(db, row.ledger_id, target)
    route, payload, refusal = _payload(row)
    told = ("contact_id",) if default_contact else ()  # by its name
    in_drawer = bool(request.headers.get("HX-Request"))
    return render_template(
        "operation_body.html" if in_drawer else "operation.html",
        row=row,
        title=called.name if called else f"{wording.kind_title(row.kind)} {row.label or row.source_id}",
        source=source,
        target=target,
        totals=comparison.totals(source, target),
        fields=[each for each in comparison.fields(source, target) if each.name not in told],
        default_contact=default_contact,
        lines=comparison.line_pairs(source, target),
        line_fields=comparison.line_fields(target),
        route=route,
        payload=payload,
        symbols=wording.symbols(payload),
        refusal=refusal,
        sent=left,
        in_drawer=in_drawer,
        newer=_newer(row),
        ledger_address=ledger_address,
        draft=draft,
        ignored=ignored,
        safe=safe,
        can_drop=row.state in CAN_DROP,
        can_retry=row.state in CAN_RETRY,
        can_restate=_can_restate(row) and _has_drafts(row),
        can_correct=can_correct(row),
        can_adopt=row.state in CAN_ADOPT and row.kind in TRADE_KINDS and row.action == Action.CREATE.value,
    )


@pages.post("/<int:operation_id>/approve")
@needs(Right.APPROVE_IMPORTS)
def approve(operation_id: int) -> ResponseReturnValue:
    """Let it go, if it still is what the page showed."""
    ledger_id = _check(operation_id)
    hashes = {operation_id: request.form.get("hash", "")}
    status = STATUSES.get(request.form.get("post_as", ""))
    try:
        count, along = approve_with_needed(decisions(), [operation_id], status, hashes=hashes)
    except SettingsError as refusal:
        tell_error(refusal)
        return _back(operation_id)
    also = f", and {wording.counted(along, 'contact or item', 'contacts and items')} that it names" if along else ""
    words = f"Approved{also}. {sent_next('it', ledger_id)}"
    tell(words if count else "It changed meanwhile: look at it again before you approve.")
    return _back(operation_id)


@pages.post("/<int:operation_id>/drop")
@needs(Right.APPROVE_IMPORTS)
def drop(operation_id: int) -> ResponseReturnValue:
    """Never write it, for the reason given."""
    return _decide(operation_id, lambda ids: decisions().drop(ids, request.form.get("reason", "")), "Skipped.")


@pages.post("/<int:operation_id>/retry")
@needs(Right.APPROVE_IMPORTS)
def retry(operation_id: int) -> ResponseReturnValue:
    """Plan it anew."""
    return _decide(operation_id, decisions().retry, "It is planned again with the next run.")


@pages.post("/<int:operation_id>/undrop")
@needs(Right.APPROVE_IMPORTS)
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


def _default_contact(db: sa.Connection, ledger_id: int, target: Document) -> str:
    """The name of the ledger's contact that stands in for the one that the document has not; empty where it has one."""
    contact_id: str = getattr(target, "contact_id", "")
    if not contact_id.startswith(DIRECT_TARGET):
        return ""
    target_id = contact_id.removeprefix(DIRECT_TARGET)
    return names_of(db, ledger_id, [target_id]).get(target_id) or target_id


def _can_restate(row: sa.Row[Any]) -> bool:
    return row.kind in RESTATED and row.action == Action.CREATE.value and row.state == OperationState.PROPOSED.value


def _newer(row: sa.Row[Any]) -> int | None:
    """The plan that came instead of one that was replaced."""
    if row.state != OperationState.REPLACED.value:
        return None
    later = sa.select(sa.func.max(OPERATIONS.c.id)).where(
        OPERATIONS.c.flow_id == row.flow_id, OPERATIONS.c.source_id == row.source_id, OPERATIONS.c.id > row.id
    )
    newest: int | None = rows(later)[0][0]
    return newest


def _has_drafts(row: sa.Row[Any]) -> bool:
    """Whether the ledger has drafts of such a document."""
    provider = the_hub().providers.get(row.ledger_provider)
    return provider is None or provider.drafts.get(Kind(row.kind)) != ""


def _check(operation_id: int) -> int:
    """Refuse what the person may not see; the ledger that it is for."""
    visible = visible_integrations(OPERATIONS.c.integration_id)
    return int(row_or_404(sa.select(OPERATIONS.c.ledger_id).where(OPERATIONS.c.id == operation_id, visible)).ledger_id)


def _back(operation_id: int) -> ResponseReturnValue:
    return redirect(url_for("operations.show", operation_id=operation_id), 303)


def _operation(operation_id: int) -> sa.Row[Any]:
    visible = visible_integrations(OPERATIONS.c.integration_id)
    return row_or_404(_OPERATION.where(OPERATIONS.c.id == operation_id, visible))


def _operation_statement() -> sa.Select[Any]:
    """An operation with its two sides, the document as it was read last, and the live link of that document."""
    stock, ledger = CONNECTIONS.alias("stock"), CONNECTIONS.alias("ledger")
    its_source = sa.and_(
        SNAPSHOTS.c.connection_id == INTEGRATIONS.c.stock_id,
        SNAPSHOTS.c.kind == OPERATIONS.c.kind,
        SNAPSHOTS.c.external_id == OPERATIONS.c.source_id,
    )
    its_link = sa.and_(
        LINKS.c.integration_id == OPERATIONS.c.integration_id,
        LINKS.c.kind == OPERATIONS.c.kind,
        LINKS.c.source_id == OPERATIONS.c.source_id,
        LINKS.c.live,
    )
    return (
        sa.select(
            OPERATIONS,
            INTEGRATIONS.c.stock_id,
            INTEGRATIONS.c.name.label("integration"),
            stock.c.name.label("stock"),
            ledger.c.name.label("ledger"),
            ledger.c.provider.label("ledger_provider"),
            SNAPSHOTS.c.document.label("source"),
            *(
                LINKS.c[name].label(f"linked_{name}")
                for name in ("id", "target_id", "target_number", "state", "generation")
            ),
        )
        .join(INTEGRATIONS, INTEGRATIONS.c.id == OPERATIONS.c.integration_id)
        .join(stock, stock.c.id == INTEGRATIONS.c.stock_id)
        .join(ledger, ledger.c.id == OPERATIONS.c.ledger_id)
        .outerjoin(SNAPSHOTS, its_source)
        .outerjoin(LINKS, its_link)
    )


_OPERATION = _operation_statement()


@while_unchanged
def _ground(db: sa.Connection, integration_id: int) -> Ground:
    return load_ground(db, integration_id, the_hub().providers)


def _payload(row: sa.Row[Any]) -> tuple[str, str, str]:
    """Route and body as they would be sent now, or why there is nothing to show."""
    if row.state not in PREVIEWED:
        return "", "", ""
    try:
        route, body = preview(the_hub(), row, _ground)
    except SettingsError as error:
        return "", "", str(error)
    return route, wording.pretty(body), ""
