"""The organisation itself. Source: Xero API documentation, Organisation."""

from __future__ import annotations

from typing import Any

from .dates import day_stamp, stamp
from .endpoint import Call, Payload, endpoint
from .financial_year import END_DAY, END_MONTH

_ACTIONS = (
    "CreateApprovedInvoice",
    "CreateApprovedBill",
    "CreateDraftInvoice",
    "CreateInvoicePayment",
    "CreateDraftPurchaseOrder",
    "CreateApprovedPurchaseOrder",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
    "CreateDraftQuote",
    "CreateSentQuote",
    "AttachFilesIntoInvoice",
    "AttachFilesIntoBill",
    "UseMulticurrency",
)


def render(call: Call) -> dict[str, Any]:
    found = call.books.organisation
    shown: dict[str, Any] = {
        "OrganisationID": found.organisation_id,
        "Name": found.name,
        "LegalName": found.name,
        "PaysTax": True,
        "Version": "UK",
        "OrganisationType": "COMPANY",
        "OrganisationEntityType": "COMPANY",
        "BaseCurrency": found.base_currency,
        "CountryCode": found.country_code,
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": END_DAY,
        "FinancialYearEndMonth": END_MONTH,
        "SalesTaxBasis": "ACCRUALS",
        "SalesTaxPeriod": "QUARTERLY",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": stamp(found.created),
        "Timezone": found.timezone,
        "ShortCode": f"!{found.organisation_id[:5]}",
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if found.period_lock_date:
        shown["PeriodLockDate"] = day_stamp(found.period_lock_date)
    if found.end_of_year_lock_date:
        shown["EndOfYearLockDate"] = day_stamp(found.end_of_year_lock_date)
    return shown


@endpoint("GET", "/Organisation", "settings")
def get_organisation(call: Call) -> Payload:
    return {"Organisations": [render(call)]}


@endpoint("GET", "/Organisations", "settings")
def get_organisations(call: Call) -> Payload:
    return {"Organisations": [render(call)]}


@endpoint("GET", "/Organisation/Actions", "settings")
def get_actions(call: Call) -> Payload:
    return {"Actions": [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS]}
