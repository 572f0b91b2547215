"""Changing, posting, voiding and deleting manual journals."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller, Reply

Body = dict[str, Any]
NOT_MODIFIABLE = "Manual journal not of valid status for modification"


@pytest.fixture
def posted(xero: Caller, journal: Body) -> Body:
    found: Body = xero.put("/ManualJournals", journal).body["ManualJournals"][0]
    return found


@pytest.fixture
def draft(xero: Caller, journal: Body) -> Body:
    found: Body = xero.put("/ManualJournals", {**journal, "Status": "DRAFT"}).body["ManualJournals"][0]
    return found


def change(xero: Caller, journal: Body, **fields: Any) -> Reply:
    return xero.post(f"/ManualJournals/{journal['ManualJournalID']}", {"Narration": journal["Narration"], **fields})


def changed(xero: Caller, journal: Body, **fields: Any) -> Body:
    reply = change(xero, journal, **fields)
    assert reply.status == 200, reply.body
    found: Body = reply.body["ManualJournals"][0]
    return found


def not_applicable(status: str) -> list[str]:
    return [f"The status '{status}' cannot be applied to the document"]


def test_a_draft_is_posted_and_then_only_voided(xero: Caller, draft: Body) -> None:
    assert change(xero, draft, Status="VOIDED").messages() == not_applicable("VOIDED")
    assert changed(xero, draft, Status="POSTED")["Status"] == "POSTED"
    assert change(xero, draft, Status="DELETED").messages() == not_applicable("DELETED")
    assert change(xero, draft, Status="DRAFT").messages() == not_applicable("DRAFT")
    assert changed(xero, draft, Status="VOIDED")["Status"] == "VOIDED"
    assert change(xero, draft, Status="VOIDED").messages() == not_applicable("VOIDED")
    assert change(xero, draft).messages() == [NOT_MODIFIABLE]


def test_a_draft_can_be_deleted_and_stays_so(xero: Caller, draft: Body) -> None:
    assert changed(xero, draft, Status="DELETED")["Status"] == "DELETED"
    assert change(xero, draft, Status="POSTED").messages() == not_applicable("POSTED")


def test_a_posted_journal_goes_back_to_draft_only_when_the_switch_says_so(xero: Caller, posted: Body) -> None:
    xero.post("/_sim/switches", {"posted_journals_return_to_draft": True})
    assert changed(xero, posted, Status="DRAFT")["Status"] == "DRAFT"


def test_a_posted_journal_is_edited_in_place_unless_the_switch_forbids_it(xero: Caller, posted: Body) -> None:
    assert changed(xero, posted, Url="https://hub.test/1")["Url"] == "https://hub.test/1"
    xero.post("/_sim/switches", {"posted_journals_can_be_edited": False})
    assert change(xero, posted, Date="2026-11-03").messages() == [NOT_MODIFIABLE]
    assert changed(xero, posted, Status="VOIDED")["Status"] == "VOIDED"


def test_lines_sent_replace_the_present_ones_and_omitted_fields_are_blanked(xero: Caller, posted: Body) -> None:
    sent = [{"AccountCode": "631", "LineAmount": 7}, {"AccountCode": "305", "LineAmount": -7}]
    found = changed(xero, posted, JournalLines=sent)["JournalLines"]
    assert [(line["LineAmount"], line["Description"]) for line in found] == [(7, ""), (-7, "")]


def test_a_line_keeps_what_is_not_sent_when_the_switch_says_so(xero: Caller, posted: Body) -> None:
    xero.post("/_sim/switches", {"omitted_journal_line_fields_are_blanked": False})
    found = changed(xero, posted, JournalLines=[{"LineAmount": 7}, {"LineAmount": -7}])["JournalLines"]
    assert [(line["AccountCode"], line["LineAmount"], line["Description"]) for line in found] == [
        ("631", 7, "Found"),
        ("305", -7, "Found"),
    ]


def test_lines_not_sent_or_sent_empty_stay(xero: Caller, posted: Body) -> None:
    unsent: tuple[Body, ...] = ({}, {"JournalLines": []})
    for fields in unsent:
        found = changed(xero, posted, Narration="Recounted", **fields)
        assert (found["Narration"], found["JournalLines"]) == ("Recounted", posted["JournalLines"])


def test_another_kind_of_amounts_works_the_tax_out_anew(xero: Caller, posted: Body) -> None:
    codes = [{"AccountCode": "429", "LineAmount": 12}, {"AccountCode": "461", "LineAmount": -12}]
    changed(xero, posted, JournalLines=codes)
    found = changed(xero, posted, LineAmountTypes="Inclusive")["JournalLines"]
    assert [(line["TaxType"], line["TaxAmount"]) for line in found] == [("INPUT2", 2), ("INPUT2", -2)]


def test_an_update_needs_the_narration_unless_the_switch_says_otherwise(xero: Caller, posted: Body) -> None:
    path = f"/ManualJournals/{posted['ManualJournalID']}"
    assert xero.post(path, {"Status": "VOIDED"}).messages() == ["The Narration field is mandatory"]
    xero.post("/_sim/switches", {"journal_update_needs_narration": False})
    assert xero.post(path, {"Status": "VOIDED"}).body["ManualJournals"][0]["Status"] == "VOIDED"


def test_posting_a_list_changes_those_with_an_id_and_makes_the_others(
    sim: Simulator, xero: Caller, posted: Body, journal: Body
) -> None:
    named = {"ManualJournalID": posted["ManualJournalID"], "Narration": "Renamed"}
    reply = xero.post("/ManualJournals", {"ManualJournals": [named, journal]})
    assert [row["Narration"] for row in reply.body["ManualJournals"]] == ["Renamed", "Stock counted"]
    assert len(sim.books.manual_journals) == 2
    unknown = {**journal, "ManualJournalID": "11111111-1111-4111-8111-111111111111"}
    message = "The document with the supplied id was not found for this endpoint."
    assert xero.post("/ManualJournals", unknown).messages() == [message]
    assert xero.post(f"/ManualJournals/{unknown['ManualJournalID']}", unknown).status == 404


def test_putting_a_journal_with_an_id_makes_another(sim: Simulator, xero: Caller, posted: Body) -> None:
    made = xero.put("/ManualJournals", posted).body["ManualJournals"][0]
    assert made["ManualJournalID"] != posted["ManualJournalID"]
    assert len(sim.books.manual_journals) == 2


def test_a_locked_journal_is_neither_changed_moved_nor_voided(xero: Caller, posted: Body) -> None:
    xero.post("/_sim/person/lock_dates", {"period": "2026-11-30"})
    for fields in ({"Url": "https://hub.test/1"}, {"Date": "2026-12-01"}, {"Status": "VOIDED"}):
        (message,) = change(xero, posted, **fields).messages()
        assert "period lock date" in message


def test_a_journal_with_an_archived_account_cannot_be_voided_unless_switched(xero: Caller, posted: Body) -> None:
    xero.post("/_sim/person/archive_account", {"code": "305"})
    assert change(xero, posted, Status="VOIDED").messages() == ["The account '305' has been archived."]
    xero.post("/_sim/switches", {"archived_account_blocks_voiding": False})
    assert changed(xero, posted, Status="VOIDED")["Status"] == "VOIDED"


def test_a_draft_whose_account_was_archived_meanwhile_cannot_be_posted(xero: Caller, draft: Body) -> None:
    xero.post("/_sim/person/archive_account", {"code": "305"})
    assert "is not a valid code for this document." in change(xero, draft, Status="POSTED").messages()[0]
