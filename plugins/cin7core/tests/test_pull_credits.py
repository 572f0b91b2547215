"""Pulling stand-alone credits, which only the credit-note lists name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hub_cin7core import client
from hub_cin7core.feeds import FEEDS

from hub import Document, Kind, Session, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}


def pull(session: Session, feed: str) -> tuple[dict[str, tuple[Document, ...]], str | None]:
    """The documents of each record, and the watermark."""
    pages = list(session.pull(Want(FEED[feed])))
    return {record.id: record.documents for page in pages for record in page.records}, pages[-1].watermark


def test_stand_alone_credits_are_read_from_their_own_list_and_others_left_to_their_sale(
    core: Any, natives: Any, connect: Connect
) -> None:
    alone = natives.sale_row(2, Type="Credit Note", CreditNoteNumber="CR-20", CreditNoteStatus="AUTHORISED")
    core.add_sale(natives.sale_row(1), natives.sale(1, CreditNotes=[natives.credit()]))
    core.lists["saleList"].append(alone)  # some accounts list it here as well
    core.lists["saleCreditNoteList"] = [natives.sale_row(1, CreditNoteNumber="CR-20"), alone]
    core.details["sale"][natives.id(2)] = natives.sale(2, Invoices=[], CreditNotes=[natives.credit(22, "")])
    session = connect(core.url)
    sales, _ = pull(session, "sales")
    apart, _ = pull(session, "sale_credits")
    assert list(sales) == [natives.id(1)]
    assert {key: [one.external_id for one in made] for key, made in apart.items()} == {natives.id(2): [natives.id(22)]}


def test_a_credit_list_with_a_row_for_each_note_still_moves_the_cursor(
    core: Any, natives: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE_SIZE", 3)
    core.details["sale"][natives.id(2)] = natives.sale(2, Invoices=[], CreditNotes=[natives.credit(22, "")])
    core.lists["saleCreditNoteList"] = [
        natives.sale_row(2, Type="Credit Note", CreditNoteNumber=f"CR-{number}") for number in range(5)
    ]
    _, watermark = pull(connect(core.url), "sale_credits")
    assert (core.count("saleCreditNoteList"), core.count("sale")) == (2, 1)
    assert watermark != '{"since": ""}'


def test_supplier_credit_stamps_without_a_zone_are_read(core: Any, natives: Any, connect: Connect) -> None:
    row = natives.purchase_row(1, Type="Credit Note", LastUpdatedDate="2026-09-17T11:17:56.81")
    core.lists["purchaseCreditNoteList"] = [row]
    detail = natives.purchase(1, Invoice=[], CreditNote=[natives.credit(20, "")])
    core.details["advanced-purchase"][natives.id(1)] = detail
    found, watermark = pull(connect(core.url), "purchase_credits")
    assert [one.kind for one in found[natives.id(1)]] == [Kind.SUPPLIER_CREDIT]
    assert watermark == '{"since": "2026-09-17T11:07:56.8100000Z"}'
