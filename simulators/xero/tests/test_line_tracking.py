"""Tracking on the lines of invoices, bills, credit notes, journals and bank transactions."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero.caller import Caller, Reply

Body = dict[str, Any]
NORTH = [{"Name": "Region", "Option": "North"}]


@pytest.fixture
def region(xero: Caller) -> Body:
    """A category with the options North and South."""
    category: Body = xero.put("/TrackingCategories", {"Name": "Region"}).body["TrackingCategories"][0]
    options = {"Options": [{"Name": "North"}, {"Name": "South"}]}
    xero.put(f"/TrackingCategories/{category['TrackingCategoryID']}/Options", options)
    return category


@pytest.fixture
def bodies(sale: Body, bill: Body, journal: Body) -> dict[str, tuple[str, str, Body]]:
    """Every kind of document with lines: its endpoint, the name of its lines, a body."""
    spent = {"Type": "SPEND", "BankAccount": {"Code": "090"}}
    return {
        "invoice": ("Invoices", "LineItems", sale),
        "bill": ("Invoices", "LineItems", bill),
        "credit note": ("CreditNotes", "LineItems", {**sale, "Type": "ACCRECCREDIT"}),
        "supplier credit": ("CreditNotes", "LineItems", {**bill, "Type": "ACCPAYCREDIT"}),
        "journal": ("ManualJournals", "JournalLines", journal),
        "bank": ("BankTransactions", "LineItems", {**bill, **spent}),
    }


KINDS = ["invoice", "bill", "credit note", "supplier credit", "journal", "bank"]


def put(xero: Caller, kind: tuple[str, str, Body], tracking: list[Body]) -> Reply:
    """The document with this tracking on its first line."""
    wrapper, lines, body = kind
    first, *others = body[lines]
    return xero.put(f"/{wrapper}", {**body, lines: [{**first, "Tracking": tracking}, *others]})


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_by_name_or_id_is_echoed_with_all_its_names(
    xero: Caller, region: Body, bodies: dict[str, tuple[str, str, Body]], kind: str
) -> None:
    wrapper, lines, _ = bodies[kind]
    reply = put(xero, bodies[kind], NORTH)
    assert reply.status == 200, reply.body
    (kept,) = reply.body[wrapper][0][lines][0]["Tracking"]
    assert (kept["Name"], kept["Option"], kept["TrackingCategoryID"]) == (
        "Region",
        "North",
        region["TrackingCategoryID"],
    )
    by_id = {name: kept[name] for name in ("TrackingCategoryID", "TrackingOptionID")}
    assert put(xero, bodies[kind], [by_id]).body[wrapper][0][lines][0]["Tracking"] == [kept]
    listed = xero.get(f"/{wrapper}", page=1).body[wrapper]
    assert [document[lines][0]["Tracking"] for document in listed] == [[kept], [kept]]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_option_is_refused_or_by_the_switch_left_out(
    xero: Caller, region: Body, bodies: dict[str, tuple[str, str, Body]], kind: str
) -> None:
    moon = [{"Name": "Region", "Option": "Moon"}]
    assert put(xero, bodies[kind], moon).messages() == ["The tracking option 'Moon' is not valid."]
    xero.post("/_sim/switches", {"unknown_tracking_refused": False})
    wrapper, lines, _ = bodies[kind]
    assert put(xero, bodies[kind], moon).body[wrapper][0][lines][0]["Tracking"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_has_at_most_two_categories(
    xero: Caller, region: Body, bodies: dict[str, tuple[str, str, Body]], kind: str
) -> None:
    assert put(xero, bodies[kind], NORTH * 3).messages() == ["A line item can have at most 2 tracking categories."]


def test_an_archived_option_is_not_known_any_more(
    xero: Caller, region: Body, bodies: dict[str, tuple[str, str, Body]]
) -> None:
    reply = put(xero, bodies["journal"], NORTH)
    (kept,) = reply.body["ManualJournals"][0]["JournalLines"][0]["Tracking"]
    path = f"/TrackingCategories/{kept['TrackingCategoryID']}/Options/{kept['TrackingOptionID']}"
    assert xero.delete(path).status == 400
    assert xero.post(path, {"Status": "ARCHIVED"}).status == 200
    assert put(xero, bodies["journal"], NORTH).messages() == ["The tracking option 'North' is not valid."]
