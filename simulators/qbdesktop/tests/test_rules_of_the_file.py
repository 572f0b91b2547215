"""Who may do what, and when: closing date, permissions, the file that is open, a person at the machine."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.caller import Caller, add, bill, modify, sale
from sim_qbdesktop.hresults import HResultError
from sim_qbdesktop.statuses import StatusError

OCTOBER = "<TxnDate>2026-10-31</TxnDate>"
NOVEMBER = "<TxnDate>2026-11-02</TxnDate>"


def act(sim: Simulator, action: str, **values: object) -> dict[str, object]:
    return person.act(sim.quickbooks, action, values)


def thrown(sim: Simulator, path: str = "", application: str = "test") -> str:
    with pytest.raises(HResultError) as caught:
        sim.quickbooks.begin(path, application)
    return caught.value.code


def test_nothing_is_added_changed_voided_or_deleted_before_the_closing_date(sim: Simulator, qb: Caller) -> None:
    old, new = qb.do(sale("Brook Stores", OCTOBER)), qb.do(sale("Brook Stores", NOVEMBER))
    act(sim, "set_closing_date", date="2026-10-31", password="secret")
    txn_id = f"<TxnID>{old.value('TxnID')}</TxnID>"
    requests = (
        sale("Brook Stores", OCTOBER),
        modify(old, "<Memo>x</Memo>"),
        modify(old, NOVEMBER),
        modify(new, OCTOBER),
        f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType>{txn_id}</TxnVoidRq>",
        f"<TxnDelRq><TxnDelType>Invoice</TxnDelType>{txn_id}</TxnDelRq>",
    )
    assert [qb.status(request) for request in requests] == [3171] * 6
    assert qb.status(sale("Brook Stores", NOVEMBER)) == 0
    closing = qb.do("<PreferencesQueryRq></PreferencesQueryRq>").value("AccountingPreferences", "ClosingDate")
    assert closing == "2026-10-31"


def test_without_a_password_the_closing_date_may_not_bind(sim: Simulator, qb: Caller) -> None:
    act(sim, "set_closing_date", date="2026-10-31")
    assert qb.status(bill("Ironworks Ltd", OCTOBER)) == 3171
    sim.switches.set({"open_closing_date": "accepted"})
    assert qb.status(bill("Ironworks Ltd", OCTOBER)) == 0


def test_an_area_without_permission_is_closed_for_writing(sim: Simulator, qb: Caller) -> None:
    act(sim, "forbid", areas=["sales"])
    assert [qb.status(sale()), qb.status(bill()), qb.status("<CustomerQueryRq></CustomerQueryRq>")] == [3260, 0, 0]
    with pytest.raises(ValueError, match="unknown areas"):
        act(sim, "forbid", areas=["weather"])


def test_a_read_only_application_writes_nothing(sim: Simulator) -> None:
    session = sim.quickbooks.begin("", "reader", read_only=True)
    qb = Caller(sim)
    qb.session = session
    assert [qb.status(sale()), qb.status("<CustomerQueryRq></CustomerQueryRq>")] == [3263, 0]


def test_a_file_that_can_not_be_opened_says_why(sim: Simulator) -> None:
    assert thrown(sim, sim.other_path) == "0x8004040A"
    assert thrown(sim, "C:\\Nowhere.qbw") == "0x8004040A"
    act(sim, "show_dialog", title="Update available")
    assert thrown(sim) == "0x80040414"
    act(sim, "show_dialog", title=None)
    act(sim, "deny", application="test")
    assert thrown(sim) == "0x80040418"
    act(sim, "deny", application=None)
    act(sim, "open_file", file=sim.demo_path, single_user_elsewhere=True)
    assert thrown(sim) == "0x80040410"


def test_the_mode_of_the_file_is_told(sim: Simulator, qb: Caller) -> None:
    host = "<HostQueryRq></HostQueryRq>"
    assert qb.do(host).value("QBFileMode") == "MultiUser"
    act(sim, "open_file", file=sim.demo_path, single_user=True)
    assert Caller(sim).do(host).value("QBFileMode") == "SingleUser"


def test_quickbooks_that_is_not_running_opens_a_named_file_if_it_may(sim: Simulator) -> None:
    act(sim, "set_preferences", automatic_login=False)
    act(sim, "open_file", file=None)
    assert thrown(sim) == "0x80040416"
    assert thrown(sim, sim.demo_path) == "0x8004041D"
    sim.company.set_preferences(automatic_login=True)
    assert sim.quickbooks.begin("c:/quickbooks/demo trading.QBW", "test").company is sim.company


def test_the_open_file_is_the_one_that_is_written_to_even_when_it_is_the_wrong_one(sim: Simulator) -> None:
    act(sim, "open_file", file=sim.other_path)
    Caller(sim).do(sale())
    assert (len(sim.company.transactions), len(sim.quickbooks.files[sim.other_path].transactions)) == (0, 1)


def test_a_dialog_that_opens_during_a_session_stops_it(sim: Simulator, qb: Caller) -> None:
    act(sim, "show_dialog", title="Reminder")
    with pytest.raises(HResultError, match="0x80040414"):
        qb.send(sale())


def test_a_person_edits_and_the_sequence_known_before_is_stale(sim: Simulator, qb: Caller) -> None:
    made = qb.do(sale())
    act(sim, "edit", id=made.value("TxnID"), changes={"Memo": "By hand", "TxnDate": "2026-11-20"})
    refused = qb.ask(modify(made, "<Memo>By us</Memo>"))
    assert refused.attributes["statusCode"] == "3200"
    assert refused.children[0].value("Memo") == "By hand"
    line = f"<InvoiceLineMod><TxnLineID>{made.value('InvoiceLineRet', 'TxnLineID')}</TxnLineID><Quantity>1</Quantity>"
    act(sim, "edit", id=made.value("TxnID"), changes=f"{line}</InvoiceLineMod>")
    assert sim.company.transaction(made.value("TxnID")).total == 25


def test_a_person_pays_voids_deletes_and_adds(sim: Simulator, qb: Caller) -> None:
    sold, owed = qb.do(sale()).value("TxnID"), qb.do(bill()).value("TxnID")
    act(sim, "pay", id=sold, amount="30.00")
    act(sim, "pay", id=owed)
    assert sim.company.links.paid(sold) == 30
    assert qb.do(f"<BillQueryRq><TxnID>{owed}</TxnID></BillQueryRq>").value("IsPaid") == "true"
    act(sim, "void", id=sold)
    act(sim, "delete", id=owed)
    assert len(sim.company.transactions) == 3
    added = act(sim, "add_entry", kind="Vendor", fields={"Name": "Cove"})
    assert act(sim, "delete", id=added["id"]) == {"id": added["id"]}
    with pytest.raises(StatusError, match="already in use"):
        act(sim, "add_entry", kind="Vendor", fields={"Name": "Brook Stores"})
    with pytest.raises(KeyError):
        act(sim, "void", id="1-1")


def test_a_transaction_in_a_window_and_one_of_a_customer_in_a_window_are_locked(sim: Simulator, qb: Caller) -> None:
    made = qb.do(sale())
    act(sim, "open_window", id=made.value("CustomerRef", "ListID"))
    assert qb.status(modify(made, "<Memo>x</Memo>")) == 3176
    act(sim, "open_window", id=made.value("TxnID"))
    assert qb.status(modify(made, "<Memo>x</Memo>")) == 3175
    act(sim, "close_windows")
    assert qb.status(modify(made, "<Memo>x</Memo>")) == 0


def test_everything_is_there_again_after_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("state") / "books.sqlite")
    sim = Simulator(state=path, sales_tax=True)
    qb = Caller(sim)
    qb.do(add("Customer", "<Name>Cove</Name>"))
    made = qb.do(sale("Cove", "", "<ItemRef><FullName>LAMP</FullName></ItemRef><Quantity>2</Quantity>"))
    act(sim, "pay", id=made.value("TxnID"), amount="5.00")
    shown = qb.do("<InvoiceQueryRq><IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>")
    act(sim, "set_closing_date", date="2026-10-31", password="secret")
    sim.close()
    again = Simulator(state=path)
    query = "<InvoiceQueryRq><IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>"
    assert Caller(again).do(query) == shown
    assert Caller(again).status(sale("Cove", OCTOBER)) == 3171
    lamp = again.company.named(("ItemInventory",), "LAMP")
    assert lamp and again.company.stock.on_hand(lamp.list_id).quantity == -2
    again.close()
