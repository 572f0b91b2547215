"""The books of one organisation: its tables, and what one looks up in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from .records import (
    Account,
    Allocation,
    BankTransaction,
    Contact,
    Currency,
    Document,
    Item,
    ManualJournal,
    OpeningBalance,
    Organisation,
    Payment,
    TaxRate,
    TrackingCategory,
)
from .tables import Journal, Table


class Books:
    """All tables of one organisation, sharing one journal. Its id doubles as the tenant id."""

    def __init__(self, organisation: Organisation, fold_names: bool) -> None:
        self.journal = Journal()
        self.fold_names = fold_names
        journal = self.journal
        self.organisations = Table("organisation", Organisation, lambda o: o.organisation_id, journal)
        self.organisations.load(organisation)
        self.tenant_id = organisation.organisation_id
        self.accounts = Table(
            "accounts",
            Account,
            lambda a: a.account_id,
            journal,
            code=lambda a: a.code or None,
            name=lambda a: a.name,
        )
        self.tax_rates = Table("tax_rates", TaxRate, lambda t: t.tax_type, journal, name=lambda t: t.name)
        self.currencies = Table("currencies", Currency, lambda c: c.code, journal)
        self.tracking_categories = Table(
            "tracking_categories", TrackingCategory, lambda t: t.category_id, journal, name=lambda t: t.name
        )
        self.contacts = Table(
            "contacts",
            Contact,
            lambda c: c.contact_id,
            journal,
            active_name=lambda c: self.name_key(c.name) if c.status == "ACTIVE" else None,
            name=lambda c: c.name,
            number=lambda c: c.contact_number or None,
            account_number=lambda c: c.texts.get("AccountNumber") or None,
        )
        self.items = Table("items", Item, lambda i: i.item_id, journal, code=lambda i: i.code)
        self.invoices = self._documents("invoices")
        self.credit_notes = self._documents("credit_notes")
        self.allocations = Table("allocations", Allocation, lambda a: a.allocation_id, journal)
        self.payments = Table("payments", Payment, lambda p: p.payment_id, journal, document=lambda p: p.document_id)
        self.manual_journals = Table("manual_journals", ManualJournal, lambda m: m.journal_id, journal)
        self.bank_transactions = Table("bank_transactions", BankTransaction, lambda b: b.transaction_id, journal)
        self.opening_balances = Table("opening_balances", OpeningBalance, lambda o: o.account_id, journal)

    def _documents(self, name: str) -> Table[Document]:
        return Table(
            name,
            Document,
            lambda d: d.document_id,
            self.journal,
            number=lambda d: d.number or None,
            folded=lambda d: d.number.casefold() or None,
            contact=lambda d: d.contact_id,
            reference=lambda d: d.reference or None,
        )

    @property
    def organisation(self) -> Organisation:
        return self.organisations[self.tenant_id]

    def tables(self) -> dict[str, Table]:  # type: ignore[type-arg]
        """Every table by name."""
        return {table.name: table for table in vars(self).values() if isinstance(table, Table)}

    def name_key(self, name: str) -> str:
        """How contact names are compared."""
        return name.casefold() if self.fold_names else name

    def set_fold_names(self, fold: bool) -> None:
        """Change how contact names are compared; the index is built anew."""
        contacts = list(self.contacts)
        self.contacts.clear()
        self.fold_names = fold
        for contact in contacts:
            self.contacts.load(contact)

    def account(self, code_or_id: str) -> Account | None:
        """An account by code, else by id; active ones first."""
        by_code = self.accounts.find("code", code_or_id)
        for account in by_code:
            if account.status == "ACTIVE":
                return account
        return by_code[0] if by_code else self.accounts.get(code_or_id)

    def system_account(self, system: str) -> Account:
        """The account Xero itself posts to, by its SystemAccount: DEBTORS, CREDITORS, GST and the like."""
        return next(account for account in self.accounts if account.system_account == system)

    def active_contact(self, name: str) -> Contact | None:
        found = self.contacts.find("active_name", self.name_key(name))
        return found[0] if found else None

    def item(self, code_or_id: str) -> Item | None:
        found = self.items.find("code", code_or_id)
        return found[0] if found else self.items.get(code_or_id)

    def next_number(self, prefix: str, table: Table[Document]) -> str:
        """The next free automatic number, e.g. INV-0001."""
        organisation = self.organisation
        count = organisation.next_numbers.get(prefix, 1)
        while table.find("number", f"{prefix}-{count:04d}"):
            count += 1
        numbers = {**organisation.next_numbers, prefix: count + 1}
        self.organisations.put(replace(organisation, next_numbers=numbers))
        return f"{prefix}-{count:04d}"

    def lock_date(self, day: date) -> tuple[str, date] | None:
        """The lock that covers a date (on or before it), if any: its kind and the lock date."""
        organisation = self.organisation
        if organisation.end_of_year_lock_date and day <= organisation.end_of_year_lock_date:
            return "year", organisation.end_of_year_lock_date
        if organisation.period_lock_date and day <= organisation.period_lock_date:
            return "period", organisation.period_lock_date
        return None
