"""One document of the stock system: everything that became of it, from first seen to paid."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hub.documents import Kind, parse_document
from hub.engine.correcting import can_correct
from hub.engine.correcting import correct as make_correction
from hub.errors import SettingsError
from hub.reconcile import is_summary
from hub.web import comparison, wording
from hub.web.access import Right, needs, visible_integrations
from hub.web.context import decisions, found_or_404, pair_of, row_or_404, tell, tell_error, the_hub
from hub.web.elsewhere import Entity, safe
from hub.web.filters import readable_day
from hub.web.queries.history import belonging, calls, document_of, history
from hub.web.queries.ignored import ignored_contact
from hub.web.queries.naming import names_of
from hub.web.queries.sent import sent
from hub.web.queries.tables import OPERATIONS, SNAPSHOTS
from hub.web.queries.together import corrections_of, members_of, memberships

pages = Blueprint("documents", __name__)


@pages.get("/integrations/<int:integration_id>/documents/<int:snapshot_id>")
def show(integration_id: int, snapshot_id: int) -> ResponseReturnValue:
    """The document, its time line, its versions, and its calls."""
    integration = pair_of(integration_id)
    mine = (SNAPSHOTS.c.id == snapshot_id, SNAPSHOTS.c.connection_id == integration.stock_id)
    snapshot = row_or_404(sa.select(SNAPSHOTS).where(*mine))
    document = parse_document(snapshot.kind, snapshot.document)
    with the_hub().store.read() as db:
        found = history(db, integration, snapshot)
        ledger = Entity(db, integration.ledger_id)
        called = names_of(db, integration.stock_id, [snapshot]).get((snapshot.kind, snapshot.external_id))
        others = belonging(db, integration, snapshot)
        return render_template(
            "document.html",
            integration=integration,
            snapshot=snapshot,
            title=called or f"{wording.kind_title(snapshot.kind)} {snapshot.number or snapshot.label}",
            found=found,
            is_made=is_summary(snapshot.external_id),
            fields=comparison.fields(None, document),
            lines=comparison.line_pairs(None, document) if snapshot.kind == Kind.JOURNAL else [],
            line_fields=comparison.line_fields(document),
            belonging=others,
            called=names_of(db, integration.stock_id, others),
            within=memberships(db, integration.id, [each.external_id for each in others if each.kind == Kind.JOURNAL]),
            members=members_of(db, integration, snapshot.external_id),
            corrections=corrections_of(db, integration, snapshot.external_id),
            ignored=ignored_contact(db, found.newest),
            correct=can_correct(found.newest) if found.newest else False,
            today=the_hub().clock().date(),
            calls=calls(db, found),
            visited=[each for each in sent(db, the_hub().vault, found.operations) if each.in_visit],
            ledger=ledger,
            source_address=safe(document.source_url),
        )


@pages.post("/operations/<int:operation_id>/correct")
@needs(Right.APPROVE_IMPORTS)
def correct(operation_id: int) -> ResponseReturnValue:
    """Post what a journal of a closed period should say and does not, with a later date."""
    mine = OPERATIONS.c.id == operation_id, visible_integrations(OPERATIONS.c.integration_id)
    row_or_404(sa.select(OPERATIONS.c.id).where(*mine))
    typed = readable_day(request.form.get("day", ""))
    try:
        if not typed:
            raise SettingsError("Please enter a date such as 2025-07-01.")
        made = make_correction(decisions(), operation_id, date.fromisoformat(typed))
    except SettingsError as error:
        tell_error(error)
    else:
        tell(f"{made.number} of {wording.amount(made.total, made.currency)} is planned with the next run.")
    return redirect(url_for("documents.show_of", operation_id=operation_id), 303)


@pages.get("/operations/<int:operation_id>/document")
def show_of(operation_id: int) -> ResponseReturnValue:
    """The document that an operation is about."""
    visible = sa.select(OPERATIONS.c.id).where(
        OPERATIONS.c.id == operation_id, visible_integrations(OPERATIONS.c.integration_id)
    )
    row_or_404(visible)
    with the_hub().store.read() as db:
        row = found_or_404(document_of(db, operation_id))
    return redirect(url_for("documents.show", integration_id=row.integration_id, snapshot_id=row.id))
