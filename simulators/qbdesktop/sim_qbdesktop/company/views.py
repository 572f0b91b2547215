"""Objects as answers show them: what is stored, and what is worked out from the rest of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from ..money import ZERO, cents
from ..qbxml.tree import Element
from .file import Company
from .kinds import LISTS, TRANSACTIONS
from .ledger import shown_balance
from .linking import credit_left, due, sources_by
from .records import Entry, Fields, Link, Posting, Ref, Transaction
from .rendering import LINES, Renderer
from .sales import tax_percentage


class Views:
    """Shows objects of one company file. `sums` are the balances of accounts, worked out when the first is shown."""

    def __init__(self, company: Company, sums: Callable[[], Mapping[str, Decimal]]) -> None:
        self.company = company
        self.renderer = Renderer(company)
        self._sums = sums

    # ------------------------------------------------------------------ lists

    def entry(self, entry: Entry, only: frozenset[str] = frozenset(), owners: tuple[str, ...] = ()) -> Element:
        fields: Fields = {
            **entry.fields,
            "ListID": entry.list_id,
            "TimeCreated": entry.created,
            "TimeModified": entry.modified,
            "EditSequence": entry.edit_sequence,
            "FullName": self.company.full_name(entry),
            "Sublevel": self.company.level(entry) if LISTS[entry.kind].nested else None,
            **self._worked_out(entry),
            "DataExtRet": self._extensions(entry.list_id, owners),
        }
        return self.renderer.element(f"{entry.kind}Ret", fields, only)

    def _worked_out(self, entry: Entry) -> Fields:
        if entry.kind == "Account":
            sums = self._sums()
            own = shown_balance(self.company, entry, dict(sums))
            below = self.company.below(entry)
            total = own + sum((shown_balance(self.company, each, dict(sums)) for each in below), ZERO)
            return {"Balance": own, "TotalBalance": total}
        if entry.kind == "Customer":
            own = self.company.owing.of(entry.list_id)
            jobs = sum((self.company.owing.of(job.list_id) for job in self.company.below(entry)), ZERO)
            return {"Balance": own, "TotalBalance": own + jobs}
        if entry.kind == "Vendor":
            return {"Balance": self.company.owing.of(entry.list_id)}
        if entry.kind == "ItemInventory":
            hand = self.company.stock.on_hand(entry.list_id)
            return {"QuantityOnHand": hand.quantity, "AverageCost": hand.average}
        return {}

    def _extensions(self, object_id: str, owners: tuple[str, ...]) -> list[Fields]:
        return [
            {
                "OwnerID": each.owner_id,
                "DataExtName": each.name,
                "DataExtType": each.type,
                "DataExtValue": each.value,
            }
            for each in (self.company.extensions if owners else ())
            if each.object_id == object_id and each.owner_id in owners
        ]

    # ------------------------------------------------------------------ transactions

    def transaction(
        self,
        transaction: Transaction,
        lines: bool = True,
        links: bool = True,
        only: frozenset[str] = frozenset(),
        owners: tuple[str, ...] = (),
    ) -> Element:
        fields: Fields = {
            **transaction.fields,
            "TxnID": transaction.txn_id,
            "TimeCreated": transaction.created,
            "TimeModified": transaction.modified,
            "EditSequence": transaction.edit_sequence,
            "TxnNumber": transaction.number,
            **_MONEY[transaction.kind](self.company, transaction),
            LINES: transaction.lines if lines else [],
            "DataExtRet": self._extensions(transaction.txn_id, owners),
        }
        if links and transaction.kind not in ("ReceivePayment", "BillPaymentCheck"):
            fields["LinkedTxn"] = self._linked(transaction)
        if transaction.kind in ("ReceivePayment", "BillPaymentCheck") and lines:
            fields["AppliedToTxnRet"] = self._applied(transaction)
        if transaction.kind == "InventoryAdjustment":
            self._add_values(transaction)
        return self.renderer.element(f"{transaction.kind}Ret", fields, only)

    def _add_values(self, adjustment: Transaction) -> None:
        """What each line of an adjustment is worth, which the cost of stock decides."""
        booked = [*adjustment.postings, *self.company.stock.postings(adjustment.txn_id)]
        assets = {movement.line_id: movement.asset for movement in adjustment.movements}
        for line in adjustment.lines:
            values = [
                post.amount
                for post in booked
                if (post.line_id, post.account) == (line.line_id, assets.get(line.line_id))
            ]
            line.fields["ValueDifference"] = sum(values, ZERO)

    def _linked(self, transaction: Transaction) -> list[Fields]:
        linked = []
        for link in self.company.links.of(transaction.txn_id):
            other_id = link.source if link.target == transaction.txn_id else link.target
            # An application of a credit by a check concerns the check, too; the amount is on the other side's view.
            if transaction.txn_id not in (link.source, link.target):
                continue
            linked.append(self._link(self.company.transactions[other_id], link))
        return linked

    def _link(self, other: Transaction, link: Link) -> Fields:
        return {
            "TxnID": other.txn_id,
            "TxnType": other.kind,
            "TxnDate": other.day,
            "RefNumber": other.fields.get("RefNumber"),
            "LinkType": "AMTTYPE",
            "Amount": -(link.amount + link.discount) if link.source == other.txn_id else link.amount,
        }

    def _applied(self, payment: Transaction) -> list[Fields]:
        rows = []
        for link in sources_by(self.company, payment):
            if link.source != payment.txn_id:
                continue
            target = self.company.transactions[link.target]
            rows.append(
                {
                    "TxnID": target.txn_id,
                    "TxnType": target.kind,
                    "TxnDate": target.day,
                    "RefNumber": target.fields.get("RefNumber"),
                    "BalanceRemaining": due(self.company, target),
                    "Amount": link.amount,
                    "DiscountAmount": link.discount or None,
                    "DiscountAccountRef": Ref(link.discount_account) if link.discount_account else None,
                }
            )
        return rows

    # ------------------------------------------------------------------ TransactionQuery

    def summary(self, transaction: Transaction, only: frozenset[str] = frozenset()) -> Element:
        """One transaction as a row: its main account and its total."""
        return self.row(transaction, _main_posting(transaction), "", only)

    def row(
        self, transaction: Transaction, posting: Posting | None, line_id: str, only: frozenset[str] = frozenset()
    ) -> Element:
        party: Ref | None = transaction.fields.get(TRANSACTIONS[transaction.kind].party)
        fields: Fields = {
            "TxnType": transaction.kind,
            "TxnID": transaction.txn_id,
            "TxnLineID": line_id or None,
            "TimeCreated": transaction.created,
            "TimeModified": transaction.modified,
            "EntityRef": party,
            "AccountRef": Ref(posting.account) if posting else None,
            "TxnDate": transaction.day,
            "RefNumber": transaction.fields.get("RefNumber"),
            "Amount": posting.foreign if posting else ZERO,
            "CurrencyRef": transaction.fields.get("CurrencyRef"),
            "ExchangeRate": transaction.fields.get("ExchangeRate"),
            "Memo": transaction.fields.get("Memo"),
        }
        return self.renderer.element("TransactionRet", fields, only)


def _main_posting(transaction: Transaction) -> Posting | None:
    """The receivable, payable or bank side of a transaction, else its first line."""
    return transaction.postings[0] if transaction.postings else None


def _foreign(transaction: Transaction, name: str, amount: Decimal) -> Fields:
    """An amount in home currency, shown with foreign transactions."""
    return {name: cents(amount * transaction.rate)} if transaction.fields.get("CurrencyRef") else {}


def _invoice(company: Company, transaction: Transaction) -> Fields:
    left = due(company, transaction)
    percentage = tax_percentage(company, transaction.fields.get("ItemSalesTaxRef"))
    taxed = {"SalesTaxPercentage": percentage} if company.preferences.sales_tax else {}
    return {
        "AppliedAmount": -company.links.paid(transaction.txn_id),
        "BalanceRemaining": left,
        "IsPaid": left == 0 and not transaction.pending,
        "IsFinanceCharge": False,
        **taxed,
        **_foreign(transaction, "BalanceRemainingInHomeCurrency", left),
    }


def _credit_memo(company: Company, transaction: Transaction) -> Fields:
    left = credit_left(company, transaction)
    percentage = tax_percentage(company, transaction.fields.get("ItemSalesTaxRef"))
    taxed = {"SalesTaxPercentage": percentage} if company.preferences.sales_tax else {}
    return {
        "TotalAmount": transaction.total,
        "CreditRemaining": left,
        **taxed,
        **_foreign(transaction, "CreditRemainingInHomeCurrency", left),
    }


def _bill(company: Company, transaction: Transaction) -> Fields:
    left = due(company, transaction)
    return {
        "AmountDue": transaction.total,
        "IsPaid": left == 0,
        "OpenAmount": left,
        **_foreign(transaction, "AmountDueInHomeCurrency", transaction.total),
    }


def _vendor_credit(company: Company, transaction: Transaction) -> Fields:
    return {
        "CreditAmount": transaction.total,
        "OpenAmount": credit_left(company, transaction),
        **_foreign(transaction, "CreditAmountInHomeCurrency", transaction.total),
    }


def _payment(company: Company, transaction: Transaction) -> Fields:
    return {
        "TotalAmount": transaction.total,
        "UnusedPayment": credit_left(company, transaction),
        "UnusedCredits": ZERO,
        **_foreign(transaction, "TotalAmountInHomeCurrency", transaction.total),
    }


def _check(company: Company, transaction: Transaction) -> Fields:
    return {
        "Amount": transaction.total,
        **_foreign(transaction, "AmountInHomeCurrency", transaction.total),
    }


_MONEY: dict[str, Callable[[Company, Transaction], Fields]] = {
    "Invoice": _invoice,
    "CreditMemo": _credit_memo,
    "Bill": _bill,
    "VendorCredit": _vendor_credit,
    "ReceivePayment": _payment,
    "BillPaymentCheck": _check,
    "Check": _check,
    "JournalEntry": lambda company, transaction: {},
    "InventoryAdjustment": lambda company, transaction: {},
}
