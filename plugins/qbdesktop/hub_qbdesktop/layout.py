"""What each request of qbXML 13.0 may hold, in the order that QuickBooks insists on.

It lists what we send and some fields beside it that we never do; QuickBooks has more.

A field is ``Name:sort``. Sorts: ``t41`` a text of at most 41 characters, ``r41`` a reference by list id or by a full
name of at most 41, ``@Address`` the fields of that name, ``id``, ``amount`` (two decimals), ``price`` and ``quantity``
(up to five), ``rate`` (up to ten), ``date``, ``moment``, ``flag``, ``word``, ``number``. ``!`` marks what must be
there, ``*`` what may be repeated. Facts of the qbXML Desktop API reference; the order is not the same everywhere (an
item of one sort has its class before its parent, another after it).
"""

from __future__ import annotations

from dataclasses import dataclass

_PEOPLE = "Name:t41 IsActive:flag CompanyName:t41 FirstName:t25 LastName:t25"
_REACH = "Phone:t21 Email:t1023"
_CUSTOMER = (
    f"{_PEOPLE} BillAddress:@Address ShipAddress:@Address {_REACH} TermsRef:r31 AccountNumber:t99 CurrencyRef:r64"
)
_VENDOR = (
    f"{_PEOPLE} VendorAddress:@Address ShipAddress:@Address {_REACH} AccountNumber:t99 TermsRef:r31 VendorTaxIdent:t15"
    " CurrencyRef:r64"
)
_ITEM_TAIL = "SalesTaxCodeRef:r3"
_SALE_HEAD = (
    "CustomerRef:r209 ClassRef:r159 ARAccountRef:r159 TxnDate:date RefNumber:t11 IsPending:flag PONumber:t25"
    " TermsRef:r31 DueDate:date ItemSalesTaxRef:r31 Memo:t4095 CustomerSalesTaxCodeRef:r3 ExchangeRate:rate"
)
_SALE_LINE = (
    "ItemRef:r159 Desc:t4095 Quantity:quantity Rate:price ClassRef:r159 Amount:amount SalesTaxCodeRef:r3"
    " OverrideItemAccountRef:r159"
)
_EXPENSE = "AccountRef:r159 Amount:amount Memo:t4095 ClassRef:r159"
_BOUGHT = "ItemRef:r159 Desc:t4095 Quantity:quantity Cost:price Amount:amount ClassRef:r159 OverrideItemAccountRef:r159"
_ENTRY = "AccountRef:r159 Amount:amount Memo:t4095 ClassRef:r159"
_BILL_HEAD = (
    "VendorRef:r41 APAccountRef:r159 TxnDate:date DueDate:date RefNumber:t20 TermsRef:r31 Memo:t4095 ExchangeRate:rate"
)
_CREDIT_HEAD = "VendorRef:r41 APAccountRef:r159 TxnDate:date RefNumber:t20 Memo:t4095 ExchangeRate:rate"
_LIST_QUERY = (
    "ListID:id* FullName:t209* MaxReturned:number ActiveStatus:word FromModifiedDate:moment ToModifiedDate:moment"
    " NameFilter:@NameFilter"
)
_TXN_QUERY = (
    "TxnID:id* RefNumber:t20* RefNumberCaseSensitive:t20* MaxReturned:number ModifiedDateRangeFilter:@Modified"
    " TxnDateRangeFilter:@Dated EntityFilter:@Entity RefNumberFilter:@RefNumberFilter"
)
_RETURNED = "IncludeRetElement:t50*"

_FIELDS: dict[str, str] = {
    "Address": "Addr1:t41 Addr2:t41 Addr3:t41 Addr4:t41 Addr5:t41 City:t31 State:t21 PostalCode:t13 Country:t31",
    "CustomerAdd": _CUSTOMER.replace("Name:t41", "Name:t41!", 1),
    "CustomerMod": f"ListID:id! EditSequence:t16! {_CUSTOMER}",
    "VendorAdd": _VENDOR.replace("Name:t41", "Name:t41!", 1),
    "VendorMod": f"ListID:id! EditSequence:t16! {_VENDOR}",
    "ItemServiceAdd": f"Name:t31! IsActive:flag ClassRef:r159 ParentRef:r159 {_ITEM_TAIL}"
    " SalesOrPurchase:@OneAccount SalesAndPurchase:@TwoAccounts",
    "ItemServiceMod": f"ListID:id! EditSequence:t16! Name:t31 IsActive:flag ClassRef:r159 ParentRef:r159 {_ITEM_TAIL}"
    " SalesOrPurchaseMod:@OneAccount SalesAndPurchaseMod:@TwoAccounts",
    "ItemNonInventoryAdd": f"Name:t31! IsActive:flag ParentRef:r159 ClassRef:r159 {_ITEM_TAIL}"
    " SalesOrPurchase:@OneAccount SalesAndPurchase:@TwoAccounts",
    "ItemNonInventoryMod": "ListID:id! EditSequence:t16! Name:t31 IsActive:flag ClassRef:r159 ParentRef:r159"
    f" {_ITEM_TAIL} SalesOrPurchaseMod:@OneAccount SalesAndPurchaseMod:@TwoAccounts",
    "OneAccount": "Desc:t4095 Price:price AccountRef:r159",
    "TwoAccounts": "SalesDesc:t4095 SalesPrice:price IncomeAccountRef:r159 PurchaseDesc:t4095 PurchaseCost:price"
    " ExpenseAccountRef:r159",
    "InvoiceAdd": f"{_SALE_HEAD.replace('CustomerRef:r209', 'CustomerRef:r209!', 1)} InvoiceLineAdd:@SaleLine*",
    "InvoiceMod": f"TxnID:id! EditSequence:t16! {_SALE_HEAD} InvoiceLineMod:@SaleLineMod*",
    "CreditMemoAdd": f"{_SALE_HEAD.replace('CustomerRef:r209', 'CustomerRef:r209!', 1)} CreditMemoLineAdd:@SaleLine*",
    "CreditMemoMod": f"TxnID:id! EditSequence:t16! {_SALE_HEAD} CreditMemoLineMod:@SaleLineMod*",
    "SaleLine": _SALE_LINE,
    "SaleLineMod": f"TxnLineID:id! {_SALE_LINE}",
    "BillAdd": f"{_BILL_HEAD.replace('VendorRef:r41', 'VendorRef:r41!', 1)} ExpenseLineAdd:@Expense*"
    " ItemLineAdd:@Bought*",
    "BillMod": f"TxnID:id! EditSequence:t16! {_BILL_HEAD} ClearExpenseLines:flag ExpenseLineMod:@ExpenseMod*"
    " ClearItemLines:flag ItemLineMod:@BoughtMod*",
    "VendorCreditAdd": f"{_CREDIT_HEAD.replace('VendorRef:r41', 'VendorRef:r41!', 1)} ExpenseLineAdd:@Expense*"
    " ItemLineAdd:@Bought*",
    "VendorCreditMod": f"TxnID:id! EditSequence:t16! {_CREDIT_HEAD} ClearExpenseLines:flag ExpenseLineMod:@ExpenseMod*"
    " ClearItemLines:flag ItemLineMod:@BoughtMod*",
    "Expense": _EXPENSE,
    "ExpenseMod": f"TxnLineID:id! {_EXPENSE}",
    "Bought": _BOUGHT,
    "BoughtMod": f"TxnLineID:id! {_BOUGHT}",
    "JournalEntryAdd": "TxnDate:date RefNumber:t11 IsAdjustment:flag JournalDebitLine:@Entry*"
    " JournalCreditLine:@Entry*",
    "JournalEntryMod": "TxnID:id! EditSequence:t16! TxnDate:date RefNumber:t11 IsAdjustment:flag"
    " JournalLineMod:@EntryMod*",
    "Entry": _ENTRY,
    "EntryMod": f"TxnLineID:id! JournalLineType:word {_ENTRY}",
    "ReceivePaymentAdd": "CustomerRef:r209! ARAccountRef:r159 TxnDate:date RefNumber:t20 TotalAmount:amount"
    " ExchangeRate:rate PaymentMethodRef:r31 Memo:t4095 DepositToAccountRef:r159! AppliedToTxnAdd:@Applied*!",
    "BillPaymentCheckAdd": "PayeeEntityRef:r209! APAccountRef:r159 TxnDate:date BankAccountRef:r159! IsToBePrinted:flag"
    " RefNumber:t11 Memo:t4095 ExchangeRate:rate AppliedToTxnAdd:@Applied*!",
    "Applied": "TxnID:id! PaymentAmount:amount SetCredit:@UsedCredit*",
    "UsedCredit": "CreditTxnID:id! AppliedAmount:amount!",
    "CheckAdd": "AccountRef:r159! PayeeEntityRef:r209! RefNumber:t11 TxnDate:date Memo:t4095 ExchangeRate:rate"
    " ApplyCheckToTxnAdd:@Refunded*! ExpenseLineAdd:@RefundLine*!",
    "Refunded": "TxnID:id! Amount:amount!",
    "RefundLine": "AccountRef:r159! Amount:amount! Memo:t4095 CustomerRef:r209",
    "TxnVoid": "TxnVoidType:word! TxnID:id!",
    "TxnDel": "TxnDelType:word! TxnID:id!",
    "HostQuery": _RETURNED,
    "CompanyQuery": f"{_RETURNED} OwnerID:id*",
    "PreferencesQuery": _RETURNED,
    "AccountQuery": f"{_LIST_QUERY} AccountType:word* {_RETURNED}",
    "ItemSalesTaxQuery": f"{_LIST_QUERY} {_RETURNED}",
    "ItemSalesTaxGroupQuery": f"{_LIST_QUERY} {_RETURNED}",
    "SalesTaxCodeQuery": f"{_LIST_QUERY} {_RETURNED}",
    "ClassQuery": f"{_LIST_QUERY} {_RETURNED}",
    "TermsQuery": f"{_LIST_QUERY} {_RETURNED}",
    "PaymentMethodQuery": f"{_LIST_QUERY} PaymentMethodType:word* {_RETURNED}",
    "CurrencyQuery": f"{_LIST_QUERY} {_RETURNED}",
    "CustomerQuery": f"{_LIST_QUERY} {_RETURNED}",
    "VendorQuery": f"{_LIST_QUERY} {_RETURNED}",
    "ItemQuery": f"{_LIST_QUERY} {_RETURNED}",
    "InvoiceQuery": f"{_TXN_QUERY} PaidStatus:word IncludeLineItems:flag IncludeLinkedTxns:flag {_RETURNED}",
    "CreditMemoQuery": f"{_TXN_QUERY} IncludeLineItems:flag IncludeLinkedTxns:flag {_RETURNED}",
    "BillQuery": f"{_TXN_QUERY} PaidStatus:word IncludeLineItems:flag IncludeLinkedTxns:flag {_RETURNED}",
    "VendorCreditQuery": f"{_TXN_QUERY} IncludeLineItems:flag IncludeLinkedTxns:flag {_RETURNED}",
    "ReceivePaymentQuery": f"{_TXN_QUERY} IncludeLineItems:flag {_RETURNED}",
    "BillPaymentCheckQuery": f"{_TXN_QUERY} IncludeLineItems:flag {_RETURNED}",
    "CheckQuery": f"{_TXN_QUERY} IncludeLineItems:flag IncludeLinkedTxns:flag {_RETURNED}",
    "JournalEntryQuery": f"{_TXN_QUERY} IncludeLineItems:flag {_RETURNED}",
    "TxnDeletedQuery": f"TxnDelType:word*! DeletedDateRangeFilter:@Deleted {_RETURNED}",
    "ListDeletedQuery": f"ListDelType:word*! DeletedDateRangeFilter:@Deleted {_RETURNED}",
    "NameFilter": "MatchCriterion:word! Name:t209!",
    "Modified": "FromModifiedDate:moment ToModifiedDate:moment",
    "Dated": "FromTxnDate:date ToTxnDate:date",
    "Deleted": "FromDeletedDate:moment ToDeletedDate:moment",
    "Entity": "ListID:id* FullName:t209*",
    "RefNumberFilter": "MatchCriterion:word! RefNumber:t20!",
}

ITERATED = frozenset(
    {
        *("CustomerQuery", "VendorQuery", "ItemQuery", "ItemSalesTaxQuery", "ItemSalesTaxGroupQuery", "InvoiceQuery"),
        *("CreditMemoQuery", "BillQuery", "VendorCreditQuery", "ReceivePaymentQuery", "BillPaymentCheckQuery"),
        *("JournalEntryQuery", "CheckQuery"),
    }
)
"""The queries that QuickBooks gives page by page; the others come whole."""


@dataclass(frozen=True)
class Field:
    """One field of a request."""

    name: str
    sort: str
    is_needed: bool = False
    is_repeated: bool = False

    @property
    def length(self) -> int:
        """The most characters that a text or a full name may have."""
        return int(self.sort[1:])


def _field(text: str) -> Field:
    name, _, sort = text.partition(":")
    return Field(name, sort.rstrip("!*"), "!" in sort, "*" in sort)


LAYOUTS: dict[str, tuple[Field, ...]] = {
    name: tuple(_field(text) for text in fields.split()) for name, fields in _FIELDS.items()
}
