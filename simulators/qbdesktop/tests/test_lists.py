"""Adding, changing and deleting customers, vendors, items and the rest."""

from __future__ import annotations

import pytest
from sim_qbdesktop import Simulator, person
from sim_qbdesktop.caller import Caller, add, modify, named, sale


def test_an_entry_has_an_id_times_and_an_edit_sequence(qb: Caller) -> None:
    made = qb.do(add("Vendor", "<Name>Copper Ltd</Name><CompanyName>Copper Limited</CompanyName>"))
    number, _, second = made.value("ListID").partition("-")
    assert int(number, 16) > 0x80000000
    assert made.value("EditSequence") == second
    assert made.value("TimeCreated") == made.value("TimeModified")
    assert (made.value("Balance"), made.value("IsActive")) == ("0.00", "true")


@pytest.mark.parametrize("holder", ["Ironworks Ltd", "Jane Smith", "Petty Cash", "alder &amp; co"])
def test_a_name_that_any_customer_vendor_employee_or_other_has_is_taken(qb: Caller, holder: str) -> None:
    answer = qb.ask(add("Customer", f"<Name>{holder}</Name>"))
    assert answer.attributes["statusCode"] == "3100"
    assert answer.attributes["statusMessage"].endswith("of the list element is already in use.")


def test_items_share_one_space_of_names_but_not_with_customers(qb: Caller) -> None:
    sides = f"<SalesOrPurchase>{named('AccountRef', 'Sales')}</SalesOrPurchase>"
    assert qb.status(add("ItemService", f"<Name>lamp</Name>{sides}")) == 3100
    assert qb.status(add("ItemService", f"<Name>Ironworks Ltd</Name>{sides}")) == 0


def test_a_job_may_have_the_name_of_another_customers_job(qb: Caller) -> None:
    for customer in ("Alder &amp; Co", "Brook Stores"):
        made = qb.do(add("Customer", f"<Name>Kitchen</Name>{named('ParentRef', customer)}"))
        assert made.value("FullName").endswith(":Kitchen")
        assert made.value("Sublevel") == "1"
    assert qb.status(add("Customer", f"<Name>Kitchen</Name>{named('ParentRef', 'Brook Stores')}")) == 3100
    assert qb.status(add("Customer", f"<Name>Kitchen</Name>{named('ParentRef', 'Nobody')}")) == 3130


def test_a_job_goes_by_the_new_name_of_its_customer(qb: Caller) -> None:
    qb.do(add("Customer", f"<Name>Kitchen</Name>{named('ParentRef', 'Brook Stores')}"))
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    qb.do(modify(customer, "<Name>Brook</Name>"))
    assert qb.status(sale("Brook:Kitchen")) == 0
    assert qb.status(sale("Brook Stores:Kitchen")) == 3140
    upside_down = f"<Name>Brook</Name>{named('ParentRef', 'Brook:Kitchen')}"
    assert (
        qb.status(modify(qb.do("<CustomerQueryRq><FullName>Brook</FullName></CustomerQueryRq>"), upside_down)) == 3130
    )


def test_a_colon_in_a_name_is_refused(qb: Caller) -> None:
    assert qb.status(add("Customer", "<Name>A:B</Name>")) == 3090


def test_a_change_needs_the_latest_edit_sequence_and_a_refusal_shows_what_there_is(qb: Caller) -> None:
    first = qb.do(add("Customer", "<Name>Cove</Name>"))
    second = qb.do(modify(first, "<Phone>1</Phone>"))
    assert second.value("EditSequence") > first.value("EditSequence")
    refused = qb.ask(modify(first, "<Phone>2</Phone>"))
    assert refused.attributes["statusCode"] == "3200"
    assert refused.attributes["statusMessage"].endswith("is out-of-date. ")
    assert refused.children[0].value("EditSequence") == second.value("EditSequence")
    assert refused.children[0].value("Phone") == "1"


def test_an_unknown_id_is_invalid(qb: Caller) -> None:
    made = qb.do(add("Customer", "<Name>Cove</Name>"))
    made.children[0].text = "80009999-1"
    assert qb.status(modify(made, "<Phone>1</Phone>")) == 3000


def test_a_renamed_customer_has_its_new_name_on_old_documents(qb: Caller) -> None:
    invoice = qb.do(sale("Brook Stores"))
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    qb.do(modify(customer, "<Name>Brook and Sons</Name>"))
    query = f"<InvoiceQueryRq><TxnID>{invoice.value('TxnID')}</TxnID></InvoiceQueryRq>"
    assert qb.do(query).value("CustomerRef", "FullName") == "Brook and Sons"
    assert qb.status(sale("Brook Stores")) == 3140
    assert qb.status(add("Customer", "<Name>Brook Stores</Name>")) == 0


def test_what_is_used_is_not_deleted_and_what_is_not_leaves_a_trace(qb: Caller) -> None:
    qb.do(sale("Brook Stores"))
    used = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>").value("ListID")
    free = qb.do(add("Customer", "<Name>Cove</Name>")).value("ListID")
    remove = "<ListDelRq><ListDelType>Customer</ListDelType><ListID>{}</ListID></ListDelRq>"
    assert [qb.status(remove.format(list_id)) for list_id in (used, free, free)] == [3160, 0, 3120]
    gone = qb.do("<ListDeletedQueryRq><ListDelType>Customer</ListDelType></ListDeletedQueryRq>")
    assert (gone.value("ListID"), gone.value("FullName")) == (free, "Cove")
    assert qb.status(add("Customer", "<Name>Cove</Name>")) == 0


def test_an_item_without_an_account_to_post_on_is_refused(qb: Caller) -> None:
    assert qb.status(add("ItemService", "<Name>A</Name><SalesOrPurchase><Price>1</Price></SalesOrPurchase>")) == 3270
    assert qb.status(add("ItemInventory", f"<Name>A</Name>{named('IncomeAccountRef', 'Sales')}")) == 3270
    assert qb.status(add("ItemInventory", f"<Name>A</Name>{named('IncomeAccountRef', 'Nowhere')}")) == 3140


def test_an_inactive_customer_gets_no_new_invoice(sim: Simulator, qb: Caller) -> None:
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    qb.do(modify(customer, "<IsActive>false</IsActive>"))
    assert qb.status(sale("Brook Stores")) == 3140
    assert qb.status("<CustomerQueryRq><NameFilter><MatchCriterion>StartsWith</MatchCriterion><Name>Brook</Name>"
                     "</NameFilter></CustomerQueryRq>") == 1  # fmt: skip
    sim.switches.set({"inactive_references": "accepted"})
    assert qb.status(sale("Brook Stores")) == 0


def test_an_account_number_is_unique(qb: Caller) -> None:
    content = "<Name>Another</Name><AccountType>Income</AccountType><AccountNumber>200</AccountNumber>"
    assert qb.status(add("Account", content)) == 3090


@pytest.mark.parametrize("request_text", [
    sale("Brook Stores", named("ClassRef", "Shop")),
    sale("Brook Stores", "<ExchangeRate>1.2</ExchangeRate>"),
    sale("Brook Stores", named("ItemSalesTaxRef", "State Tax")),
    sale("Brook Stores", "", f"{named('ItemRef', 'OAK')}<Quantity>1</Quantity><UnitOfMeasure>each</UnitOfMeasure>"),
    "<InventorySiteQueryRq></InventorySiteQueryRq>",
])  # fmt: skip
def test_a_field_of_a_feature_that_is_off_is_refused(qb: Caller, request_text: str) -> None:
    assert qb.status(request_text) == 3250


def test_or_it_is_dropped_with_a_warning(sim: Simulator, qb: Caller) -> None:
    sim.switches.set({"disabled_feature": "dropped"})
    answer = qb.ask(sale("Brook Stores", named("ClassRef", "Shop")))
    assert (answer.attributes["statusCode"], answer.attributes["statusSeverity"]) == ("530", "Warn")
    assert len(sim.company.transactions) == 1


def test_private_values_need_a_definition_and_come_back_for_their_owner_alone(qb: Caller) -> None:
    owner = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
    field = f"<OwnerID>{owner}</OwnerID><DataExtName>Mark</DataExtName>"
    target = f"<ListDataExtType>Customer</ListDataExtType>{named('ListObjRef', 'Brook Stores')}"
    put = f"<DataExtAddRq><DataExtAdd>{field}{target}<DataExtValue>x</DataExtValue></DataExtAdd></DataExtAddRq>"
    assert qb.status(put) == 3120
    qb.do(add("DataExtDef", f"{field}<DataExtType>STR255TYPE</DataExtType><AssignToObject>Customer</AssignToObject>"))
    definition = f"{field}<DataExtType>INTTYPE</DataExtType><AssignToObject>Customer</AssignToObject>"
    assert qb.status(add("DataExtDef", definition)) == 3100
    assert qb.do(put).value("DataExtValue") == "x"
    query = "<CustomerQueryRq><FullName>Brook Stores</FullName>{}</CustomerQueryRq>"
    assert qb.do(query.format("")).find("DataExtRet") is None
    assert qb.do(query.format(f"<OwnerID>{owner}</OwnerID>")).value("DataExtRet", "DataExtValue") == "x"


def test_an_entry_that_a_person_has_open_is_in_use(sim: Simulator, qb: Caller) -> None:
    customer = qb.do("<CustomerQueryRq><FullName>Brook Stores</FullName></CustomerQueryRq>")
    person.act(sim.quickbooks, "open_window", {"id": customer.value("ListID")})
    refused = qb.ask(modify(customer, "<Phone>1</Phone>"))
    assert refused.attributes["statusCode"] == "3175"
    assert refused.attributes["statusMessage"].endswith("The list element is in use.")
    person.act(sim.quickbooks, "close_windows", {})
    assert qb.status(modify(customer, "<Phone>1</Phone>")) == 0
