"""Xero's lists in the hub's words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hub_xero import native, states
from hub_xero.taxes import tax_rate

from hub import AccountClass, Kind, TargetStatus


def _organisation(**values: Any) -> dict[str, Any]:
    return {"OrganisationID": "o1", "Name": "Demo", "BaseCurrency": "NZD", **values}


def test_the_later_of_both_lock_dates_binds() -> None:
    found = native.organisation(
        _organisation(
            PeriodLockDate="/Date(1222819200000+0000)/",
            EndOfYearLockDate="/Date(1230681600000+0000)/",
            Timezone="NEWZEALANDSTANDARDTIME",
        ),
        "tenant-1",
    )

    assert found.lock_date == date(2008, 12, 31)
    assert found.time_zone == "Pacific/Auckland"


def test_an_organisation_is_known_by_the_id_that_calls_name() -> None:
    assert native.organisation(_organisation(), "tenant-1").id == "tenant-1"


def test_an_organisation_without_locks_and_with_an_unknown_zone_can_be_read() -> None:
    found = native.organisation(_organisation(Timezone="MOONSTANDARDTIME"), "tenant-1")

    assert (found.lock_date, found.time_zone, found.base_currency) == (None, "UTC", "NZD")


@pytest.mark.parametrize(
    ("values", "pays", "documents"),
    [
        ({"Type": "SALES", "Class": "REVENUE"}, False, True),
        ({"Type": "BANK", "Class": "ASSET"}, True, False),
        ({"Type": "CURRENT", "Class": "ASSET", "EnablePaymentsToAccount": True}, True, True),
        ({"Type": "CURRENT", "Class": "ASSET", "SystemAccount": "DEBTORS"}, False, False),
        ({"Type": "INVENTORY", "Class": "ASSET"}, False, False),
        ({"Type": "EXPENSE", "Class": "EXPENSE", "SystemAccount": "ROUNDING"}, False, True),
    ],
)
def test_an_account_says_whether_it_takes_payments_and_documents(
    values: dict[str, Any], pays: bool, documents: bool
) -> None:
    account = native.account({"AccountID": "a1", "Name": "Any", "Code": "1", "Status": "ACTIVE", **values})

    assert (account.takes_payments, account.takes_documents) == (pays, documents)


@pytest.mark.parametrize(
    ("values", "journals"),
    [
        ({"Type": "CURRENT", "Class": "ASSET"}, True),
        ({"Type": "BANK", "Class": "ASSET"}, False),
        ({"Type": "INVENTORY", "Class": "ASSET"}, False),
        ({"Type": "CURRENT", "Class": "ASSET", "SystemAccount": "DEBTORS"}, False),
        ({"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "CREDITORS"}, False),
        ({"Type": "EQUITY", "Class": "EQUITY", "SystemAccount": "RETAINEDEARNINGS"}, False),
        ({"Type": "CURRLIAB", "Class": "LIABILITY", "SystemAccount": "GST"}, True),
        ({"Type": "EXPENSE", "Class": "EXPENSE", "SystemAccount": "ROUNDING"}, True),
    ],
)
def test_an_account_says_whether_it_takes_journals(values: dict[str, Any], journals: bool) -> None:
    assert native.account({"AccountID": "a1", "Name": "Any", "Code": "1", **values}).takes_journals is journals


def test_an_account_without_a_code_is_kept() -> None:
    account = native.account({"AccountID": "a1", "Name": "Till", "Type": "BANK", "Class": "ASSET"})

    assert (account.code, account.external_id, account.account_class) == ("", "a1", AccountClass.ASSET)


def _rate(code: str, percent: Any = Decimal("20.0"), **values: Any) -> dict[str, Any]:
    return {"TaxType": code, "Name": code, "EffectiveRate": percent, "Status": "ACTIVE", **values}


@pytest.mark.parametrize(
    ("code", "percent", "sales", "purchases", "special"),
    [
        ("OUTPUT2", "20", True, False, False),
        ("INPUT2", "20", False, True, False),
        ("RROUTPUT", "5", True, False, False),
        ("RRINPUT", "5", False, True, False),
        ("ZERORATEDOUTPUT", "0", True, False, True),
        ("EXEMPTINPUT", "0", False, True, True),
        ("ECZROUTPUTSERVICES", "0", True, False, True),
        ("ECACQUISITIONS", "20", False, True, True),
        ("REVERSECHARGES", "20", False, True, True),
        ("DRCHARGESUPPLY20", "20", True, False, True),
        ("DRCHARGE20", "20", False, True, True),
        ("GSTONIMPORTS", "0", False, True, True),
        ("CAPEXINPUT2", "20", False, True, True),
        ("NONE", "0", True, True, True),
    ],
)
def test_british_tax_types_know_their_side_and_what_is_special(
    code: str, percent: str, sales: bool, purchases: bool, special: bool
) -> None:
    classes = {"CanApplyToRevenue": True, "CanApplyToExpenses": True, "CanApplyToAssets": True}
    found = tax_rate(_rate(code, Decimal(percent), **classes))

    assert (found.on_sales, found.on_purchases, found.special) == (sales, purchases, special)


def test_an_own_tax_rate_goes_by_the_accounts_it_applies_to() -> None:
    found = tax_rate(_rate("TAX001", Decimal("12.5"), CanApplyToRevenue=True, CanApplyToExpenses=False))

    assert (found.on_sales, found.on_purchases, found.special) == (True, False, False)
    assert found.classes == (AccountClass.REVENUE,)


def test_a_tax_rate_named_for_reverse_charge_is_special_whatever_its_code() -> None:
    assert tax_rate(_rate("TAX002", Name="20% Reverse charge")).special


def test_a_tax_rate_without_an_effective_rate_adds_up_its_components() -> None:
    native_ = {"TaxType": "TAX003", "Name": "Two", "TaxComponents": [{"Rate": 5}, {"Rate": Decimal("2.5")}]}

    assert tax_rate(native_).percent == Decimal("7.5")


def test_archived_tracking_options_are_left_out() -> None:
    options = [{"Name": "North", "Status": "ACTIVE"}, {"Name": "South", "Status": "ARCHIVED"}]
    found = native.tracking({"TrackingCategoryID": "t1", "Name": "Region", "Options": options})

    assert found.options == ("North",)


def test_a_contact_is_read_with_its_filled_addresses_and_its_own_number() -> None:
    found = native.contact(
        {
            "ContactID": "c1",
            "Name": "Ridgeway",
            "ContactNumber": "LP-cust-1",
            "AccountNumber": "R-1",
            "ContactStatus": "ACTIVE",
            "IsCustomer": True,
            "Phones": [
                {"PhoneType": "FAX", "PhoneNumber": "9"},
                {"PhoneType": "DEFAULT", "PhoneNumber": "555", "PhoneAreaCode": "020", "PhoneCountryCode": ""},
            ],
            "Addresses": [{"AddressType": "POBOX"}, {"AddressType": "STREET", "City": "Bath"}],
        }
    )

    assert (found.number, found.phone, found.is_customer) == ("R-1", "020 555", True)
    assert [(address.type, address.city) for address in found.addresses] == [("shipping", "Bath")]


def test_our_own_mark_is_not_shown_as_a_contacts_number() -> None:
    assert native.contact({"ContactID": "c1", "Name": "A", "ContactNumber": "LP-1"}).number == ""
    assert native.contact({"ContactID": "c1", "Name": "A", "ContactNumber": "K-1"}).number == "K-1"


def _invoice(**values: Any) -> dict[str, Any]:
    return {
        "InvoiceID": "i1",
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Total": Decimal("12.00"),
        "AmountDue": Decimal("12.00"),
        "DateString": "2026-03-31T00:00:00",
        **values,
    }


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"Status": "DRAFT"}, TargetStatus.DRAFT),
        ({"Status": "SUBMITTED"}, TargetStatus.DRAFT),
        ({}, TargetStatus.OPEN),
        ({"AmountDue": Decimal("2.00")}, TargetStatus.PART_PAID),
        ({"Status": "PAID", "AmountDue": 0}, TargetStatus.PAID),
        ({"Status": "VOIDED", "AmountDue": 0}, TargetStatus.VOIDED),
        ({"Status": "DELETED"}, TargetStatus.VOIDED),
    ],
)
def test_an_invoices_state_is_told_from_status_and_amount_due(values: dict[str, Any], status: TargetStatus) -> None:
    state = states.invoice(_invoice(**values))

    assert state is not None
    assert (state.status, state.date) == (status, date(2026, 3, 31))


def test_bills_and_invoices_of_one_list_are_told_apart_and_prepayments_left_out() -> None:
    bill = states.invoice(_invoice(Type="ACCPAY"))

    assert bill is not None
    assert bill.kind is Kind.BILL
    assert states.invoice(_invoice(Type="ARPREPAYMENT")) is None


def test_a_credits_remaining_credit_is_what_is_due() -> None:
    state = states.credit_note(
        {
            "CreditNoteID": "n1",
            "Type": "ACCPAYCREDIT",
            "Status": "AUTHORISED",
            "Total": Decimal("12.00"),
            "RemainingCredit": Decimal("5.00"),
        }
    )

    assert state is not None
    assert (state.kind, state.due, state.status) == (
        Kind.SUPPLIER_CREDIT,
        Decimal("5.00"),
        TargetStatus.PART_PAID,
    )


@pytest.mark.parametrize(
    ("values", "kind", "status"),
    [
        ({"PaymentType": "ACCRECPAYMENT"}, Kind.PAYMENT, TargetStatus.OPEN),
        ({"PaymentType": "ACCPAYPAYMENT", "Status": "DELETED"}, Kind.PAYMENT, TargetStatus.VOIDED),
        ({"PaymentType": "ARCREDITPAYMENT"}, Kind.REFUND, TargetStatus.OPEN),
        ({"PaymentType": "APCREDITPAYMENT", "IsReconciled": True}, Kind.REFUND, TargetStatus.PAID),
        ({"CreditNote": {"CreditNoteID": "n1"}}, Kind.REFUND, TargetStatus.OPEN),
        ({"BatchPayment": {"BatchPaymentID": "b"}}, Kind.PAYMENT, TargetStatus.PAID),
    ],
)
def test_payments_and_refunds_are_told_apart_and_firm_ones_are_known(
    values: dict[str, Any], kind: Kind, status: TargetStatus
) -> None:
    state = states.payment({"PaymentID": "p1", "Amount": 5, "Status": "AUTHORISED", **values})

    assert state is not None
    assert (state.kind, state.status) == (kind, status)


def test_a_refund_of_an_overpayment_is_none_of_ours() -> None:
    assert states.payment({"PaymentID": "p1", "PaymentType": "AROVERPAYMENTPAYMENT"}) is None


def test_archived_merged_and_erased_contacts_are_told_apart() -> None:
    archived = states.contact({"ContactID": "c1", "ContactStatus": "ARCHIVED"})
    merged = states.contact({"ContactID": "c1", "ContactStatus": "ARCHIVED", "MergedToContactID": "c2"})
    erased = states.contact({"ContactID": "c1", "ContactStatus": "GDPRREQUEST"})

    assert (archived.status, archived.merged_into) == (TargetStatus.ARCHIVED, "")
    assert (merged.status, merged.merged_into) == (TargetStatus.ARCHIVED, "c2")
    assert erased.status is TargetStatus.VOIDED
    assert not any(state.status.is_live for state in (archived, merged, erased))
