"""What a person does with journals, the bank and opening balances, by the admin path and by the object."""

from __future__ import annotations

from typing import Any

import pytest
from sim_xero import Simulator
from sim_xero.caller import Caller
from sim_xero.errors import ValidationError

Body = dict[str, Any]
LINES = {"630": "12.50", "305": "-12.50"}


def act(xero: Caller, action: str, **values: Any) -> Body:
    reply = xero.post(f"/_sim/person/{action}", values)
    assert reply.status == 200, reply.body
    found: Body = reply.body
    return found


def test_a_person_enters_edits_and_voids_a_journal(sim: Simulator, xero: Caller) -> None:
    made = act(xero, "enter_manual_journal", narration="By hand", lines=LINES, date="2026-11-05")
    assert (made["Status"], str(sim.balance("630"))) == ("POSTED", "12.50")
    ident = {"manual_journal_id": made["ManualJournalID"]}
    lines = [{"AccountCode": "630", "LineAmount": 3}, {"AccountCode": "305", "LineAmount": -3}]
    xero.post("/_sim/switches", {"posted_journals_can_be_edited": False})
    assert act(xero, "edit_manual_journal", **ident, changes={"JournalLines": lines})["Narration"] == "By hand"
    assert sim.balance("630") == 3
    assert act(xero, "void_manual_journal", **ident)["Status"] == "VOIDED"
    assert sim.balance("630") == 0
    assert xero.post("/_sim/person/void_manual_journal", ident).status == 409


def test_a_person_posts_or_deletes_a_draft(xero: Caller) -> None:
    drafts = [act(xero, "enter_manual_journal", narration="Later", lines=LINES, status="DRAFT") for _ in range(2)]
    first, second = ({"manual_journal_id": draft["ManualJournalID"]} for draft in drafts)
    assert act(xero, "post_manual_journal", **first)["Status"] == "POSTED"
    assert act(xero, "delete_manual_journal", **second)["Status"] == "DELETED"
    assert xero.get("/_sim/state").body["manual_journals"] == {"POSTED": 1, "DELETED": 1}


def test_an_archived_journal_takes_no_change_by_the_api_until_it_is_restored(xero: Caller) -> None:
    made = act(xero, "enter_manual_journal", narration="Old", lines=LINES)
    ident = {"manual_journal_id": made["ManualJournalID"]}
    assert act(xero, "archive_manual_journal", **ident)["Status"] == "ARCHIVED"
    path, change = f"/ManualJournals/{made['ManualJournalID']}", {"Narration": "Old", "Status": "VOIDED"}
    assert xero.post(path, change).messages() == ["The status 'VOIDED' cannot be applied to the document"]
    assert act(xero, "restore_manual_journal", **ident)["Status"] == "POSTED"
    assert xero.post("/_sim/person/restore_manual_journal", ident).status == 409
    assert xero.post(path, change).status == 200


def test_a_person_is_bound_by_balance_and_lock_dates(sim: Simulator, xero: Caller) -> None:
    with pytest.raises(ValidationError, match="must equal total credits"):
        sim.person("enter_manual_journal", narration="Askew", lines={"630": 5, "305": -4})
    sim.person("lock_dates", period="2026-10-31")
    locked = {"narration": "Late", "lines": LINES, "date": "2026-10-31"}
    reply = xero.post("/_sim/person/enter_manual_journal", locked)
    assert (reply.status, "period lock date" in reply.body["errors"][0]) == (409, True)


def test_a_person_moves_money_on_the_bank(sim: Simulator, xero: Caller) -> None:
    lines = {"630": 40}
    made = act(
        xero, "enter_bank_transaction", type="SPEND", lines=lines, account="091", contact="Yard", reconciled=True
    )
    assert (made["Total"], made["Contact"]["Name"], made["IsReconciled"]) == (40, "Yard", True)
    assert str(sim.balance("091")) == "-40.00"
    deleted = act(xero, "delete_bank_transaction", bank_transaction_id=made["BankTransactionID"])
    assert deleted["Status"] == "DELETED"
    assert sim.balance("091") == 0


def test_a_person_sets_opening_balances_of_accounts_that_exist(sim: Simulator, xero: Caller) -> None:
    assert act(xero, "opening_balances", date="2026-03-31", balances={"630": "75.10"})["accounts"] == 1
    assert str(sim.balance("630")) == "75.10"
    refused = xero.post("/_sim/person/opening_balances", {"date": "2026-03-31", "balances": {"4999": 1}})
    assert refused.body["errors"] == ["There is no account '4999'."]
    assert str(sim.balance("630")) == "75.10"


def test_another_organisation_has_its_own_ledger(sim: Simulator) -> None:
    sim.person("enter_manual_journal", sim.other_tenant_id, narration="There", lines=LINES)
    assert sim.balance("630") == 0
    assert str(sim.balance("630", tenant_id=sim.other_tenant_id)) == "12.50"
