"""Drafts of a ledger that payments and credits wait for: a person approves them there, then these go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.engine.waiting import WAITS_FOR_DRAFT
from hub.models.posting import DRAFT_LINKS
from hub.providers import TargetStatus
from hub.web.access import visible_integrations
from hub.web.elsewhere import Entity
from hub.web.queries.naming import SETTLING
from hub.web.queries.tables import INTEGRATIONS, LINKS, OPERATIONS


@dataclass(frozen=True)
class Draft:
    """A draft of a ledger; ``number`` and ``address`` (of its page there) are empty where the ledger tells none."""

    kind: str
    number: str
    ledger: str
    address: str


Ref = tuple[int, str, str]
"""Integration, kind and source id."""


def drafts_of_examples(db: sa.Connection, ids: Sequence[int]) -> Mapping[int, Draft]:
    """The same as :func:`drafts_waited_for`, of operations by their ids; nothing is asked for none."""
    return drafts_waited_for(db, db.execute(_EXAMPLES, {"ids": list(ids)}).all()) if ids else {}


def drafts_waited_for(db: sa.Connection, rows: Sequence[sa.Row[Any]]) -> Mapping[int, Draft]:
    """By the ids of operations, the draft that each waits for; one statement, and none where nothing waits for one.

    A row has ``id``, ``problem`` and what is in :data:`SETTLING`. What is not in the ledger yet is no draft of it.
    """
    refs = {row.id: list(_refs(row)) for row in rows if (row.problem or {}).get("code") == WAITS_FOR_DRAFT}
    named = {ref for each in refs.values() for ref in each}
    if not named:
        return {}
    integrations, kinds, sources = (sorted(set(part)) for part in zip(*named, strict=True))
    found = db.execute(_LINKED, {"integrations": integrations, "kinds": kinds, "sources": sources})
    ledgers: dict[int, Entity] = {}
    drafts: dict[Ref, Draft] = {}
    for link in found:
        if (link.state or {}).get("status") == TargetStatus.DRAFT:
            ledger = ledgers.setdefault(link.ledger_id, Entity(db, link.ledger_id))
            address = ledger.address(link.kind, link.target_id)
            draft = Draft(link.kind, link.target_number or "", ledger.name, address)
            drafts[link.integration_id, link.kind, link.source_id] = draft
    waiting = {id: next((drafts[ref] for ref in each if ref in drafts), None) for id, each in refs.items()}
    return {id: draft for id, draft in waiting.items() if draft is not None}


def is_any_draft(db: sa.Connection, integration: int | None = None) -> bool:
    """Whether the hub posted a draft that nobody approved yet: in one integration, or in all that may be seen."""
    # Word for word the condition of the index, or the index is not used.
    is_draft = sa.text(DRAFT_LINKS[db.dialect.name])
    seen = sa.select(INTEGRATIONS.c.id).where(visible_integrations(INTEGRATIONS.c.id))
    if integration:
        seen = seen.where(INTEGRATIONS.c.id == integration)
    found = sa.select(sa.literal(1)).select_from(LINKS).where(is_draft, LINKS.c.integration_id.in_(seen)).limit(1)
    return db.execute(found).first() is not None


def _refs(row: sa.Row[Any]) -> Iterator[Ref]:
    """What a payment or credit is about: the document it settles, and the credit that is used for it."""
    told = json.loads(row.document) if row.document else {}
    for side in ("document", "credit"):
        if f"{side}_id" in told:
            yield row.integration_id, str(told[f"{side}_kind"]), str(told[f"{side}_id"])


_EXAMPLES: sa.Select[Any] = sa.select(OPERATIONS.c.id, OPERATIONS.c.problem, *SETTLING).where(
    OPERATIONS.c.id.in_(sa.bindparam("ids", expanding=True))
)
_LINKED: sa.Select[Any] = (
    sa.select(
        LINKS.c.integration_id,
        LINKS.c.kind,
        LINKS.c.source_id,
        LINKS.c.target_id,
        LINKS.c.target_number,
        LINKS.c.state,
        INTEGRATIONS.c.ledger_id,
    )
    .join(INTEGRATIONS, INTEGRATIONS.c.id == LINKS.c.integration_id)
    .where(LINKS.c.integration_id.in_(sa.bindparam("integrations", expanding=True)), LINKS.c.live)
    .where(LINKS.c.kind.in_(sa.bindparam("kinds", expanding=True)))
    .where(LINKS.c.source_id.in_(sa.bindparam("sources", expanding=True)))
)
