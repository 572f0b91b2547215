"""Contacts as sheets: links exported, edited in a spreadsheet, and imported after a look at what would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hub.engine.link_sheet import Judged, SheetRow, carry_out, judge
from hub.errors import SettingsError
from hub.models import ContactSheet, Integration, table
from hub.store import Store
from hub.web.access import Right, actor, needs
from hub.web.contacts import PLACE, integration_of, linking, report
from hub.web.context import row_or_404, tell, tell_error, the_hub
from hub.web.incoming import id_in
from hub.web.paging import Paged, page_number, page_size
from hub.web.queries.contact_portions import ledger_portions, link_portions
from hub.web.sheets import CSV, LARGEST_FILE, MOST_ROWS, TYPES, XLSX, read_sheet, write_csv, write_xlsx

pages = Blueprint("contact_sheets", __name__)

SHEETS = table(ContactSheet)
KEPT = timedelta(days=1)
"""A sheet that nobody applied is forgotten after this."""

COLUMNS = ("Source id", "Ledger id", "Action", "Reason")
LINK_TITLES = (*COLUMNS, "Name", "E-mail", "VAT number", "Customer", "Supplier", "State", "Ledger name")
LEDGER_TITLES = ("Ledger id", "Name", "Number", "E-mail", "VAT number", "Active", "Linked source ids")
NEEDED = ("Source id", "Action")


@pages.get(f"{PLACE}/export")
def export(integration_id: int) -> ResponseReturnValue:
    """The links, or the ledger's contacts, as a sheet; without a form the page that offers them."""
    integration = integration_of(integration_id)
    form, ledger = request.args.get("form", ""), request.args.get("what") == "ledger"
    if form not in TYPES:
        return render_template("contacts_export.html", integration=integration)
    store = the_hub().store
    titles = LEDGER_TITLES if ledger else LINK_TITLES
    rows = _ledger_rows(store, integration) if ledger else _link_rows(store, integration)
    name = f"{'ledger-contacts' if ledger else 'contact-links'}-{integration_id}.{form}"
    if form == XLSX:
        return send_file(write_xlsx(titles, rows), mimetype=TYPES[XLSX], as_attachment=True, download_name=name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write_csv(titles, rows), mimetype=TYPES[CSV], headers=headers)


@pages.get(f"{PLACE}/import")
@needs(Right.APPROVE_IMPORTS)
def ask(integration_id: int) -> ResponseReturnValue:
    """Choose a sheet; or, once one was sent, what it would change."""
    integration = integration_of(integration_id)
    sheet_id = id_in(request.args, "sheet")
    return _preview(integration, _sheet(integration_id, sheet_id)) if sheet_id else _form(integration)


@pages.post(f"{PLACE}/import")
@needs(Right.APPROVE_IMPORTS)
def send(integration_id: int) -> ResponseReturnValue:
    """Read a sheet and keep it until it is applied; nothing is changed yet."""
    integration, file = integration_of(integration_id), request.files.get("sheet")
    if file is None or not file.filename:
        return _form(integration, "Please choose a file.")
    try:
        rows = read_sheet(file.filename, file.stream.read(LARGEST_FILE + 1), COLUMNS, NEEDED)
    except SettingsError as error:
        return _form(integration, str(error))
    hub = the_hub()
    values = {"integration_id": integration_id, "file": file.filename, "rows": rows}
    with hub.store.write() as db:
        db.execute(sa.delete(SHEETS).where(SHEETS.c.sent_at < hub.clock() - KEPT))
        sent = db.execute(sa.insert(SHEETS).values(**values, sent_by=actor(), sent_at=hub.clock()))
        (sheet_id,) = sent.inserted_primary_key or (0,)
    return redirect(url_for("contact_sheets.ask", integration_id=integration_id, sheet=sheet_id), 303)


@pages.post(f"{PLACE}/import/apply")
@needs(Right.APPROVE_IMPORTS)
def apply(integration_id: int) -> ResponseReturnValue:
    """Do what the rows without an error ask for."""
    integration = integration_of(integration_id)
    sheet = _sheet(integration_id, id_in(request.form, "sheet") or 0)
    try:
        outcome = carry_out(linking(), integration_id, _judged(integration, sheet))
    except SettingsError as error:
        tell_error(error)
        return redirect(url_for("contact_sheets.ask", integration_id=integration_id, sheet=sheet.id), 303)
    hub = the_hub()
    with hub.store.write() as db:
        db.execute(sa.delete(SHEETS).where(SHEETS.c.id == sheet.id))
        details = {"done": len(outcome.done), "refused": len(outcome.refused), "integration": integration_id}
        hub.audit(db, actor(), "imported links", integration.name, sheet.file, **details)
    report(integration, outcome, "changed as the sheet says", "What waited for them is planned again.")
    if not outcome.done and not outcome.refused:
        tell("The sheet asked for nothing that can be done. Nothing was changed.")
    return redirect(url_for("contacts.show", integration_id=integration_id), 303)


def _form(integration: Integration, error: str = "") -> ResponseReturnValue:
    limits = {"megabytes": LARGEST_FILE // 1024 // 1024, "most": MOST_ROWS, "columns": COLUMNS}
    return render_template(
        "contacts_import.html", integration=integration, error=error, **limits
    ), 422 if error else 200


def _sheet(integration_id: int, sheet_id: int) -> sa.Row[Any]:
    return row_or_404(sa.select(SHEETS).where(SHEETS.c.id == sheet_id, SHEETS.c.integration_id == integration_id))


def _judged(integration: Integration, sheet: sa.Row[Any]) -> list[Judged]:
    rows = [
        SheetRow(int(number), source_id, ledger_id, action.casefold(), reason)
        for number, source_id, ledger_id, action, reason in sheet.rows
    ]
    with the_hub().store.read() as db:
        return judge(db, integration, rows)


def _preview(integration: Integration, sheet: sa.Row[Any]) -> str:
    judged = sorted(_judged(integration, sheet), key=lambda each: not each.error)
    size = page_size()
    number = min(page_number(), max(1, -(-len(judged) // size)))
    shown = judged[(number - 1) * size : number * size]
    return render_template(
        "contacts_import_preview.html",
        integration=integration,
        sheet=sheet,
        page=Paged(shown, len(judged), number),
        wrong=sum(bool(each.error) for each in judged),
        actions=Counter(each.row.action for each in judged if not each.error),
        unmentioned=len(sheet.rows) - len(judged),
    )


def _link_rows(store: Store, integration: Integration) -> Iterator[list[str]]:
    for row in link_portions(store, integration):
        sides = ["yes" if side else "" for side in (row.is_customer, row.is_supplier)]
        known = [row.label, row.email, row.tax_country + row.tax_number, *sides, row.state, row.target_label or ""]
        yield [row.source_id, row.target_id or "", "", "", *known]


def _ledger_rows(store: Store, integration: Integration) -> Iterator[list[str]]:
    for row, holders in ledger_portions(store, integration):
        active = "yes" if row.active else "no"
        yield [row.external_id, row.label, row.number, row.email, row.tax_number, active, " ".join(holders)]
