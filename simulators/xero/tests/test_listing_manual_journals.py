"""Lists of manual journals: paging, filters, order, modified-since."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller

Body = dict[str, Any]


@pytest.fixture
def three(xero: Caller, journal: Body) -> list[Body]:
    bodies = [
        {**journal, "Narration": "A", "Url": "https://hub.test/a"},
        {**journal, "Narration": "B", "Status": "DRAFT", "Date": "2026-10-01"},
        {**journal, "Narration": "C"},
    ]
    found: list[Body] = xero.put("/ManualJournals", {"ManualJournals": bodies}).body["ManualJournals"]
    return found


def narrations(xero: Caller, **query: Any) -> list[str]:
    reply = xero.get("/ManualJournals", **query)
    assert reply.status == 200, reply.body
    return [row["Narration"] for row in reply.body["ManualJournals"]]


def test_lines_come_with_a_page_only(xero: Caller, three: list[Body]) -> None:
    paged = xero.get("/ManualJournals", page=1).body
    assert all(len(row["JournalLines"]) == 2 for row in paged["ManualJournals"])
    assert paged["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 3}
    assert all(row["JournalLines"] == [] for row in xero.get("/ManualJournals").body["ManualJournals"])
    xero.post("/_sim/switches", {"unpaged_manual_journals_have_no_lines": False})
    assert all(row["JournalLines"] for row in xero.get("/ManualJournals").body["ManualJournals"])


def test_pages_have_the_size_asked_for(xero: Caller, three: list[Body]) -> None:
    assert [narrations(xero, page=page, pageSize=2) for page in (1, 2, 3)] == [["A", "B"], ["C"], []]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('Status=="POSTED"', ["A", "C"]),
        ("Date >= DateTime(2026, 11, 1)", ["A", "C"]),
        ('Narration.StartsWith("B")', ["B"]),
        ('Url=="https://hub.test/a"', ["A"]),
        ('Status=="DRAFT" OR Url!=null', ["A", "B"]),
    ],
)
def test_where(xero: Caller, three: list[Body], where: str, expected: list[str]) -> None:
    assert narrations(xero, where=where, order="Narration") == expected


def test_a_journal_is_found_by_its_id(xero: Caller, three: list[Body]) -> None:
    where = f'ManualJournalID==guid("{three[1]["ManualJournalID"]}")'
    assert narrations(xero, where=where) == ["B"]
    assert xero.get("/ManualJournals/11111111-1111-4111-8111-111111111111").status == 404


def test_an_order_puts_everything_on_the_first_page_unless_switched(xero: Caller, three: list[Body]) -> None:
    query: Body = {"order": "Narration DESC", "pageSize": 2}
    reply = xero.get("/ManualJournals", page=1, **query).body
    assert [row["Narration"] for row in reply["ManualJournals"]] == ["C", "B", "A"]
    assert reply["pagination"] == {"page": 1, "pageSize": 3, "pageCount": 1, "itemCount": 3}
    assert narrations(xero, page=2, **query) == []
    xero.post("/_sim/switches", {"ordered_manual_journals_are_one_page": False})
    assert [narrations(xero, page=page, **query) for page in (1, 2)] == [["C", "B"], ["A"]]


def test_only_what_changed_since_is_listed(sim: Simulator, xero: Caller, three: list[Body]) -> None:
    xero.post("/_sim/clock", {"advance_seconds": 100})
    caller, since = sim.caller(), sim.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    caller.post(f"/ManualJournals/{three[0]['ManualJournalID']}", {"Narration": "A", "Status": "VOIDED"})
    reply = caller.get("/ManualJournals", {"If-Modified-Since": since}, page=1)
    assert [(row["Narration"], row["Status"]) for row in reply.body["ManualJournals"]] == [("A", "VOIDED")]
    assert narrations(caller) == ["B", "C", "A"]
