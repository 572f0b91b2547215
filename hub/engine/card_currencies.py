"""In which currency the ledger keeps the contacts that documents name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import sqlalchemy as sa

from hub.documents import Contact, Document, Kind, TradeDocument
from hub.engine.facts import Ground, load_documents, load_targets
from hub.mapping import DIRECT_TARGET


def load_card_currencies(db: sa.Connection, ground: Ground, documents: Iterable[Document]) -> dict[str, str]:
    """The currency of each contact that these documents name, by the id that they name it by.

    A contact that the ledger has not listed yet is one that is made from the stock system's: in the currency that this
    says, else in the home currency. Those of which the ledger says none are left out. Empty where it keeps only one.
    """
    named = {document.contact_id for document in documents if isinstance(document, TradeDocument)} - {""}
    if len(ground.organisation.currencies) < 2 or not named:
        return {}
    refs = [(Kind.CONTACT, id) for id in named if not id.startswith(DIRECT_TARGET)]
    linked = load_targets(db, ground.integration.id or 0, refs)
    targets = {id: linked.get((Kind.CONTACT, id), id.removeprefix(DIRECT_TARGET)) for id in named}
    cards = load_documents(db, ground.integration.ledger_id, Kind.CONTACT, targets.values())
    coming = {id for id, target in targets.items() if target not in cards}
    sources = load_documents(db, ground.integration.stock_id, Kind.CONTACT, coming)
    known = {id: cast(Contact, cards[target]).currency for id, target in targets.items() if target in cards}
    made = {id: cast(Contact, each).currency or ground.organisation.base_currency for id, each in sources.items()}
    return {id: currency for id, currency in (known | made).items() if currency}
