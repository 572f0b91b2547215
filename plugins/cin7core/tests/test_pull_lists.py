"""Pulling cards and reference lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hub_cin7core.feeds import FEEDS

from hub import Page, Record, Session, Want

Connect = Callable[..., Session]
FEED = {feed.name: feed for feed in FEEDS}


def product(natives: Any, number: int, modified: str = "2026-09-02T03:00:48.1Z") -> dict[str, Any]:
    return {
        "ID": natives.id(number),
        "SKU": f"S{number}",
        "Name": f"Thing {number}",
        "Type": "Stock",
        "LastModifiedOn": modified,
    }


def pull(session: Session, feed: str, **want: Any) -> tuple[list[Record], Page]:
    pages = list(session.pull(Want(FEED[feed], **want)))
    return [record for page in pages for record in page.records], pages[-1]


def test_a_first_pull_asks_for_everything_with_deprecated_cards(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["product"] = [product(natives, number) for number in range(1, 4)]
    records, last = pull(connect(core.url), "products")
    assert [record.label for record in records] == ["S1", "S2", "S3"]
    assert last.watermark and json.loads(last.watermark) == {"since": "2026-09-02T02:50:48.1000000Z"}
    assert dict(core.calls[0].params) == {"IncludeDeprecated": "true", "Page": "1", "Limit": "1000"}


def test_an_unchanged_list_costs_one_call_and_delivers_nothing(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["product"] = [product(natives, number) for number in range(1, 4)]
    session = connect(core.url)
    records, last = pull(session, "products")
    stamps = {record.id: record.stamp for record in records}
    core.calls.clear()
    again, after = pull(
        session, "products", cursor=last.watermark, known=lambda ids: {one: stamps[one] for one in ids if one in stamps}
    )
    assert again == []
    assert after.watermark == last.watermark
    assert [call.params["ModifiedSince"] for call in core.calls] == ["2026-09-02T02:50:48.100"]


def test_a_card_that_became_visible_late_is_found_in_the_overlap(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["product"] = [product(natives, 1)]
    session = connect(core.url)
    (first,), last = pull(session, "products")
    core.lists["product"].append(product(natives, 2, "2026-09-02T02:59:00Z"))
    again, _ = pull(session, "products", cursor=last.watermark, known=lambda ids: {first.id: first.stamp})
    assert [record.label for record in again] == ["S2"]


def test_a_list_is_read_to_its_total_even_when_core_caps_the_page(core: Any, natives: Any, connect: Connect) -> None:
    core.page_cap = 2
    core.lists["product"] = [product(natives, number) for number in range(1, 6)]
    records, _ = pull(connect(core.url), "products")
    assert len(records) == 5
    assert core.count("product") == 3


def test_one_odd_card_does_not_stop_the_others(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["product"] = [
        product(natives, 1),
        {**product(natives, 2), "SKU": ""},
        {**product(natives, 3), "PriceTier1": "dear"},
        product(natives, 4, "last week"),
        product(natives, 5),
    ]
    records, _ = pull(connect(core.url), "products")
    problems = {record.id: record.problem.why for record in records if record.problem}
    assert [record.id for record in records if not record.problem] == [natives.id(1), natives.id(5)]
    assert problems[natives.id(3)] == "PriceTier1 is not a number: 'dear'"
    assert problems[natives.id(2)].startswith("code: ")
    assert "last week" in problems[natives.id(4)]


def test_a_card_that_could_not_be_read_is_asked_for_by_its_id_though_the_list_moved_on(
    core: Any, natives: Any, connect: Connect
) -> None:
    core.lists["product"] = [product(natives, 1, "2026-01-01T00:00:00Z"), product(natives, 2)]
    late = '{"since": "2026-09-03T00:00:00Z"}'
    unread = {natives.id(3): "S3", natives.id(1): "S1"}
    records, last = pull(connect(core.url), "products", cursor=late, unread=unread)
    assert [(record.label, bool(record.documents), bool(record.problem)) for record in records] == [
        ("S3", False, True),
        ("S1", True, False),
    ]
    assert [call.params.get("ID") for call in core.calls] == [None, natives.id(3), natives.id(1)]
    assert "ModifiedSince" not in core.calls[1].params
    assert last.watermark and json.loads(last.watermark)["since"] > "2026-09-02T23"


def test_reference_lists_are_whole_each_time(core: Any, natives: Any, connect: Connect) -> None:
    core.lists["ref/account"] = [
        {"Code": code, "Name": code, "Status": "ACTIVE", "Class": "REVENUE", "Type": "REVENUE"}
        for code in ("20a", "20A")
    ]
    session = connect(core.url)
    _, last = pull(session, "accounts")
    records, _ = pull(session, "accounts", cursor=last.watermark)
    assert [record.id for record in records] == ["20a", "20A"]
    assert FEED["accounts"].full


def test_customers_and_suppliers_never_share_an_id(core: Any, natives: Any, connect: Connect) -> None:
    card = {"LastModifiedOn": "2026-09-02T03:00:48Z", "Name": "Acme"}
    core.lists["customer"] = [{**card, "ID": natives.id(1)}]
    core.lists["supplier"] = [{**card, "ID": natives.id(2)}]
    session = connect(core.url)
    (bought,), _ = pull(session, "suppliers")
    (sold,), _ = pull(session, "customers")
    assert {bought.documents[0].external_id, sold.documents[0].external_id} == {natives.id(1), natives.id(2)}


def test_the_organisation_arrives_on_a_page_of_its_own_feed(core: Any, natives: Any, connect: Connect) -> None:
    core.force("me", natives.Reply(200, {"Company": "Demo", "Currency": "GBP", "TimeZone": "", "LockDate": None}))
    (page,) = connect(core.url).pull(Want(FEED["organisation"]))
    assert page.organisation and page.organisation.name == "Demo"
    assert page.watermark is not None
