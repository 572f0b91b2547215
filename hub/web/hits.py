"""Before the first write: look in the ledger, and adopt or exclude what is found there."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hub.errors import HubError, ProviderError, SettingsError
from hub.web import wording
from hub.web.access import Right, needs
from hub.web.context import hits, pair_of, row_or_404, rows, tell, tell_error, the_hub
from hub.web.queries import first_write
from hub.web.queries.tables import FLOWS

pages = Blueprint("hits", __name__, url_prefix="/integrations/<int:integration_id>")


@pages.post("/look")
@needs(Right.APPROVE_IMPORTS)
def look(integration_id: int) -> ResponseReturnValue:
    """Ask the ledger for the newest source documents of each kind that has not been posted yet."""
    _check_visible(integration_id)
    flows = rows(sa.select(FLOWS).where(FLOWS.c.integration_id == integration_id).order_by(FLOWS.c.id))
    with the_hub().store.read() as db:
        waiting = [check for check in first_write.checks(db, integration_id, flows) if not check.has_written]
    try:
        for check in waiting:
            _look(check)
    except (SettingsError, ProviderError) as error:
        tell_error(error)
    return _back(integration_id)


@pages.post("/flows/<int:flow_id>/adopt")
@needs(Right.APPROVE_IMPORTS)
def adopt(integration_id: int, flow_id: int) -> ResponseReturnValue:
    """The ledger's document is this one: link them, write nothing."""
    _check_flow(integration_id, flow_id)
    source, target = request.form.get("source", ""), request.form.get("target", "")
    try:
        hits().adopt(flow_id, source, target, confirmed=request.form.get("sure") == "yes")
    except (SettingsError, ProviderError) as error:
        tell_error(error)
    else:
        tell("Adopted: the two are linked, and nothing was written.")
    return _back(integration_id)


@pages.post("/flows/<int:flow_id>/adopt-exact")
@needs(Right.APPROVE_IMPORTS)
def adopt_exact(integration_id: int, flow_id: int) -> ResponseReturnValue:
    """Adopt everything that matches exactly."""
    _check_flow(integration_id, flow_id)
    try:
        count = hits().adopt_exact(flow_id)
    except (SettingsError, ProviderError) as error:
        tell_error(error)
    else:
        tell(f"{wording.counted(count, 'document')} adopted; nothing was written.")
    return _back(integration_id)


@pages.post("/flows/<int:flow_id>/exclude")
@needs(Right.APPROVE_IMPORTS)
def exclude(integration_id: int, flow_id: int) -> ResponseReturnValue:
    """The source document is never to be posted."""
    _check_flow(integration_id, flow_id)
    try:
        hits().exclude(flow_id, request.form.get("source", ""), request.form.get("reason", ""))
    except HubError as error:
        tell_error(error)
    else:
        tell("Excluded: it is not posted. Its page lets you undo that.")
    return _back(integration_id)


def _look(check: first_write.FlowCheck) -> None:
    looked = hits().look(check.flow_id)
    kinds = wording.kinds_title(check.kind)
    if looked.put_off:
        tell(f"{kinds}: not looked for, since {looked.put_off}. It is done before the first one is written.")
    elif looked.hits:
        found = wording.counted(len({hit.source_id for hit in looked.hits}), "document")
        tell(f"{kinds}: {found} found in the ledger already. Decide about each below.")
    else:
        tell(f"{kinds}: none found.")


def _check_visible(integration_id: int) -> None:
    pair_of(integration_id)


def _check_flow(integration_id: int, flow_id: int) -> None:
    _check_visible(integration_id)
    row_or_404(sa.select(FLOWS.c.id).where(FLOWS.c.id == flow_id, FLOWS.c.integration_id == integration_id))


def _back(integration_id: int) -> ResponseReturnValue:
    return redirect(url_for("integrations.show", integration_id=integration_id) + "#first-write", 303)
