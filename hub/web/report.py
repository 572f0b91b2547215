"""The sync report: both numbers, dates and status of every document, on the page and as a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hub.web import wording
from hub.web.access import visible_integrations
from hub.web.context import chosen_integration, pair_of, the_hub
from hub.web.elsewhere import Entity, safe
from hub.web.filters import asked_id, choice_faults
from hub.web.paging import Paged, page_number
from hub.web.queries.report import FILTERS, Entry, Filter, entries, every_entry
from hub.web.queries.report_status import DATED
from hub.web.queries.tables import INTEGRATIONS
from hub.web.sheets import CSV, TYPES, XLSX, write_csv, write_xlsx
from hub.web.unchanged import while_unchanged

pages = Blueprint("report", __name__)

TITLES = (
    "Kind",
    "Number in the stock system",
    "Number in the ledger",
    "Date",
    "Amount",
    "Currency",
    "Status",
    "Why",
    "First seen",
    "Posted",
    "Status in the ledger",
    "Page in the stock system",
    "Page in the ledger",
)


@pages.get("/report")
def show() -> ResponseReturnValue:
    """One page of the report of one integration: the one that was switched to, or the first."""
    chosen, wanted = Filter.of(request.args), asked_id(request.args, "integration")
    with the_hub().store.read() as db:
        found = _integrations(db)
        faults = {**chosen.faults, **choice_faults("integration", wanted, [str(one.id) for one in found])}
        integration = next((one for one in found if str(one.id) == (wanted or str(chosen_integration()))), None)
        integration = integration or next(iter(found), None)
        page = Paged([], 0, 1)
        if integration is not None and not faults:
            page = entries(db, integration, chosen, page_number())
        ledger = Entity(db, integration.ledger_id) if integration is not None else None
    return render_template(
        "report.html",
        page=page,
        chosen=chosen,
        faults=faults,
        integration=integration,
        integrations=found,
        statuses=FILTERS,
        kinds=sorted(DATED),
        ledger=ledger,
        safe=safe,
    )


@pages.get("/integrations/<int:integration_id>/report")
def export(integration_id: int) -> ResponseReturnValue:
    """Everything that the filter finds, as a sheet; however long it is, it is written a portion at a time."""
    integration = pair_of(integration_id)
    form, store, chosen = request.args.get("form", ""), the_hub().store, Filter.of(request.args)
    if form not in TYPES or chosen.faults:
        arguments: dict[str, Any] = {"integration": integration_id, **chosen.arguments}
        return redirect(url_for("report.show", **arguments))
    with store.read() as db:
        ledger = Entity(db, integration.ledger_id)
    found = every_entry(store, integration, chosen)
    rows, name = _rows(found, ledger), f"sync-report-{integration_id}.{form}"
    if form == XLSX:
        return send_file(write_xlsx(TITLES, rows), mimetype=TYPES[XLSX], as_attachment=True, download_name=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_csv(TITLES, rows), mimetype=TYPES[CSV], headers=headers)


@while_unchanged
def _integrations(db: sa.Connection) -> Sequence[sa.Row[Any]]:
    chosen = sa.select(INTEGRATIONS).where(visible_integrations(INTEGRATIONS.c.id)).order_by(INTEGRATIONS.c.name)
    return db.execute(chosen).all()


def _rows(found: Iterator[Entry], ledger: Entity) -> Iterator[list[str]]:
    for entry in found:
        document, status = entry.document, entry.document.target_status or ""
        yield [
            wording.kind_title(document.kind),
            entry.name,
            entry.ledger_name,
            wording.day(document.document_date),
            document.amount,
            document.currency,
            entry.status.value.capitalize(),
            entry.why,
            document.first_seen_at.isoformat(),
            document.posted_at.isoformat() if document.posted_at else "",
            wording.ledger_status(status, document.kind).lower(),
            safe(entry.source_address),
            ledger.address(document.kind, document.target_id or ""),
        ]
