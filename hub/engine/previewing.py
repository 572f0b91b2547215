"""Preview: an operation rendered by the code that renders it for sending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from hub.documents import Kind, parse_document
from hub.engine.facts import Ground, load_ground, load_targets, refs_of
from hub.engine.faults import plugin_failed
from hub.engine.hub import Hub
from hub.engine.taking import operation_of
from hub.errors import SettingsError
from hub.mapping import DIRECT_TARGET
from hub.models import Link, OperationRow, table
from hub.providers import TargetState

links = table(Link)
operations = table(OperationRow)

_OPERATION = sa.select(operations).where(operations.c.id == sa.bindparam("operation"))


def operation_row(db: sa.Connection, operation_id: int) -> sa.Row[Any]:
    """An operation as the database has it. Raises ``NoResultFound`` where there is none."""
    return db.execute(_OPERATION, {"operation": operation_id}).one()


GroundLoader = Callable[[sa.Connection, int], Ground]
"""Loads what an integration's decisions share."""


def preview(hub: Hub, row: sa.Row[Any], loaded: GroundLoader | None = None) -> tuple[str, bytes]:
    """Route and body of an operation exactly as they would be sent now; references still to come show as symbols.

    ``row`` has all columns of the operation; ``loaded`` is for who may have the integration's ground already. Raises
    ``SettingsError`` where the plugin fails on it.
    """
    with hub.store.read() as db:
        ground = loaded(db, row.integration_id) if loaded else load_ground(db, row.integration_id, hub.providers)
        document = parse_document(row.kind, row.document)
        targets = load_targets(db, row.integration_id, refs_of(document))
        linked = sa.select(links.c.state, links.c.written_document).where(links.c.id == row.link_id)
        link = db.execute(linked).first() if row.link_id else None
        state = TargetState.model_validate(link.state) if link else None
        written = parse_document(row.kind, link.written_document) if link and link.written_document else None
        contact = getattr(document, "contact_id", "")
        if contact.startswith(DIRECT_TARGET):
            targets[Kind.CONTACT, contact] = contact[1:]
        operation = operation_of(row, "preview", state, written)
        try:
            payload = ground.provider.render([operation], ground.facts(targets))
        except Exception as error:
            raise SettingsError(str(plugin_failed(ground.provider, row.label, error))) from error
    return payload.route, payload.body
