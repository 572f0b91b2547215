"""What QuickBooks says of itself, of the company and of its preferences: the answers of a session's first exchange."""

from __future__ import annotations

from ..qbxml.tree import Element
from .extensions import COMPANY
from .file import Company
from .records import Fields, Ref
from .rendering import Renderer

VERSIONS = ["1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", *(f"{major}.0" for major in range(5, 17))]


def supported(highest: str) -> list[str]:
    """The qbXML versions up to and with the highest."""
    return VERSIONS[: VERSIONS.index(highest) + 1]


def host(company: Company, highest: str, country: str, mode: str, only: frozenset[str]) -> Element:
    fields: Fields = {
        "ProductName": "QuickBooks Enterprise Solutions (simulated)",
        "MajorVersion": "34",
        "MinorVersion": "0",
        "Country": country,
        "SupportedQBXMLVersion": supported(highest),
        "IsAutomaticLogin": company.preferences.automatic_login,
        "QBFileMode": mode,
    }
    return Renderer(company).element("HostRet", fields, only)


def about_company(company: Company, owners: tuple[str, ...], only: frozenset[str]) -> Element:
    address = {"Addr1": "14 Mill Lane", "City": "Bristol", "Country": "United Kingdom"}
    name = company.preferences.company_name
    fields: Fields = {
        "IsSampleCompany": False,
        "CompanyName": name,
        "LegalCompanyName": name,
        "Address": address,
        "LegalAddress": address,
        "FirstMonthFiscalYear": "January",
        "FirstMonthIncomeTaxYear": "January",
        "CompanyType": "RetailShopOrOnlineCommerce",
        "AccountantCopy": {"AccountantCopyExists": False},
        "DataExtRet": [
            {"OwnerID": each.owner_id, "DataExtName": each.name, "DataExtType": each.type, "DataExtValue": each.value}
            for each in company.extensions
            if each.object_id == COMPANY and each.owner_id in owners
        ],
    }
    return Renderer(company).element("CompanyRet", fields, only)


def preferences(company: Company, application: str, only: frozenset[str]) -> Element:
    chosen = company.preferences
    fields: Fields = {
        "AccountingPreferences": {
            "IsUsingAccountNumbers": chosen.account_numbers,
            "IsRequiringAccounts": True,
            "IsUsingClassTracking": chosen.classes,
            "IsUsingAuditTrail": True,
            "IsAssigningJournalEntryNumbers": chosen.assign_journal_numbers,
            "ClosingDate": chosen.closing_date,
        },
        "FinanceChargePreferences": {
            "GracePeriod": 0,
            "IsAssessingForOverdueCharges": False,
            "CalculateChargesFrom": "DueDate",
            "IsMarkedToBePrinted": False,
        },
        "JobsAndEstimatesPreferences": {
            "IsUsingEstimates": False,
            "IsUsingProgressInvoicing": False,
            "IsPrintingItemsWithZeroAmounts": False,
        },
        "MultiCurrencyPreferences": _currencies(company),
        "MultiLocationInventoryPreferences": {
            "IsMultiLocationInventoryAvailable": False,
            "IsMultiLocationInventoryEnabled": False,
        },
        "PurchasesAndVendorsPreferences": {
            "IsUsingInventory": chosen.inventory,
            "DaysBillsAreDue": chosen.days_bills_are_due,
            "IsAutomaticallyUsingDiscounts": False,
        },
        "ReportsPreferences": {"AgingReportBasis": "AgeFromDueDate", "SummaryReportBasis": "Accrual"},
        "SalesAndCustomersPreferences": {
            "IsTrackingReimbursedExpensesAsIncome": False,
            "IsAutoApplyingPayments": chosen.auto_apply_payments,
            "PriceLevels": {"IsUsingPriceLevels": False},
        },
        "SalesTaxPreferences": _sales_tax(company),
        "TimeTrackingPreferences": {"FirstDayOfWeek": "Monday"},
        "CurrentAppAccessRights": {
            "IsAutomaticLoginAllowed": chosen.automatic_login,
            "IsPersonalDataAccessAllowed": chosen.personal_data,
        },
        "ItemsAndInventoryPreferences": {
            "EnhancedInventoryReceivingEnabled": False,
            "IsTrackingSerialOrLotNumber": "None",
            "FIFOEnabled": False,
            "IsRSBEnabled": False,
            "IsBarcodeEnabled": False,
        },
    }
    return Renderer(company).element("PreferencesRet", fields, only)


def _currencies(company: Company) -> Fields:
    if not company.preferences.multicurrency:
        return {"IsMultiCurrencyOn": False}
    home = company.named(("Currency",), company.preferences.home_currency)
    return {"IsMultiCurrencyOn": True, "HomeCurrencyRef": Ref(home.list_id) if home else None}


def _sales_tax(company: Company) -> Fields | None:
    """Absent when sales tax is off, or was never set up."""
    if not company.preferences.sales_tax or not company.preferences.default_sales_tax:
        return None
    codes = {name: company.named(("SalesTaxCode",), name) for name in ("Tax", "Non")}
    return {
        "DefaultItemSalesTaxRef": Ref(company.preferences.default_sales_tax),
        "PaySalesTax": "Quarterly",
        "DefaultTaxableSalesTaxCodeRef": Ref(codes["Tax"].list_id) if codes["Tax"] else None,
        "DefaultNonTaxableSalesTaxCodeRef": Ref(codes["Non"].list_id) if codes["Non"] else None,
    }
