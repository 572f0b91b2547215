"""The mappings of an integration: every source code, what it is mapped to, and how that stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from hub.documents import Account, Kind, PaymentMethod, TaxRate
from hub.engine.among import one_of
from hub.engine.reference import Reference, load_reference
from hub.mapping import Default, MappingList, Suggestion, fold
from hub.models import OperationState
from hub.web.queries.tables import MAPPINGS, OPERATIONS, SNAPSHOTS
from hub.web.remembered import WORTH, remembered
from hub.web.unchanged import unchanged

Entry = Account | TaxRate | PaymentMethod


class CodeState(StrEnum):
    """How one code's mapping stands."""

    MAPPED = "mapped"
    SUGGESTED = "suggested"
    UNMAPPED = "not mapped"
    MISSING = "missing in the ledger"
    ARCHIVED = "archived in the ledger"
    RATES_DIFFER = "rates differ"
    LEFT_OUT = "left out"
    """Not mapped, and nothing waits for it."""

    @property
    def needs_a_look(self) -> bool:
        """Whether a person may want to do something about it."""
        return self not in (CodeState.MAPPED, CodeState.LEFT_OUT)


TITLES: Mapping[MappingList, str] = {
    MappingList.ACCOUNT: "Accounts",
    MappingList.TAX_RATE: "Tax rates",
    MappingList.PAYMENT_ACCOUNT: "Payment accounts",
    MappingList.PAYMENT_METHOD: "Payment methods",
    MappingList.DEFAULT: "Defaults",
}

EXPLANATIONS: Mapping[MappingList, tuple[str, str]] = {
    MappingList.ACCOUNT: (
        "The stock system names an account for each line: for goods sold, goods bought, freight, discounts. In the"
        " ledger the line is booked to the account on the right.",
        "Example: revenue account 4000 of the stock system is 200 Sales in the ledger. With periodic inventory its"
        " stock account is a purchases account there.",
    ),
    MappingList.TAX_RATE: (
        "The stock system names a tax rule for each line. The ledger reckons the tax anew from its own rate, so the"
        " two percentages must be equal; which box of the return it goes to is the ledger's affair.",
        "Example: 'Tax on Sales' at 20% is 20% (VAT on Income). A rate of 0% can mean zero-rated, exempt or outside the"
        " scope: only a person can say which.",
    ),
    MappingList.PAYMENT_ACCOUNT: (
        "The stock system says which account a payment came into or went out of. It needs an account of the ledger"
        " that takes payments, in the payment's currency. There is no default for money.",
        "Example: 'Card terminal' of the stock system is 091 Card clearing in the ledger, where the bank feed is"
        " reconciled.",
    ),
    MappingList.PAYMENT_METHOD: (
        "The ledger also says of a customer's payment how it was paid: cash, check, a card. The stock system names only"
        " the account that the money came into, so say here which method an account stands for. One without a method is"
        " posted without: no payment waits for it.",
        "Example: what comes into 'Till' of the stock system is Cash in the ledger.",
    ),
    MappingList.DEFAULT: (
        "Used where neither the line nor the item, the document or the contact names a code.",
        "Example: shop sales without a customer are posted to the contact Cash sales.",
    ),
}
"""What each list is for, and an example."""

DEFAULTS: Mapping[Default, tuple[str, MappingList | None]] = {
    Default.SALE_CONTACT: ("Contact for sales without one", None),
    Default.SALE_ACCOUNT: ("Account of sales lines without one", MappingList.ACCOUNT),
    Default.PURCHASE_ACCOUNT: ("Account of purchase lines without one", MappingList.ACCOUNT),
    Default.EARLIER_PURCHASES: (
        "Account of goods bought before the perpetual method began",
        MappingList.ACCOUNT,
    ),
    Default.SALE_TAX: ("Tax rate of sales lines without one", MappingList.TAX_RATE),
    Default.PURCHASE_TAX: ("Tax rate of purchase lines without one", MappingList.TAX_RATE),
    Default.ROUNDING_ACCOUNT: ("Account for rounding differences", MappingList.ACCOUNT),
}
"""What each default is called, and the list its target is chosen from; None: the ledger's contacts."""

NEEDED_BY = {
    MappingList.ACCOUNT: "account_not_mapped",
    MappingList.TAX_RATE: "tax_rate_not_mapped",
    MappingList.PAYMENT_ACCOUNT: "payment_account_not_mapped",
}
"""The problem that names a code which is missing in a list."""


@dataclass(frozen=True)
class CodeRow:
    """One source code."""

    source: str
    name: str
    target: str
    state: CodeState
    note: str = ""
    suggestion: Suggestion | None = None
    waiting: int = 0


@dataclass(frozen=True)
class Lists:
    """Both sides' lists, the ledger's by code, and what is mapped between them."""

    reference: Reference
    target_accounts: Mapping[str, Account]
    target_taxes: Mapping[str, TaxRate]
    mapped: Mapping[tuple[str, str], tuple[str, str]]
    periodic: bool
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @cached_property
    def suggestions(self) -> Mapping[MappingList, Sequence[Suggestion]]:
        """What we would map of what is not mapped yet."""
        return self.reference.suggestions(self.mapped, periodic=self.periodic)

    @property
    def titles(self) -> Mapping[MappingList, str]:
        """The lists there are, with what people call them."""
        return titles_of(bool(self.reference.target_methods))

    @cached_property
    def target_methods(self) -> Mapping[str, PaymentMethod]:
        """The ledger's payment methods by name."""
        return {method.code: method for method in self.reference.target_methods}

    def every(self, where: MappingList) -> Mapping[str, Entry]:
        """The ledger's entries of the sort that a list leads to, whether they can be chosen or not."""
        if where is MappingList.TAX_RATE:
            return self.target_taxes
        return self.target_methods if where is MappingList.PAYMENT_METHOD else self.target_accounts

    def targets(self, where: MappingList) -> Mapping[str, Entry]:
        """What a list's codes may be mapped to."""
        if where in (MappingList.TAX_RATE, MappingList.PAYMENT_METHOD):
            return self.every(where)
        payments = where is MappingList.PAYMENT_ACCOUNT
        return {
            code: account
            for code, account in self.target_accounts.items()
            if (account.takes_payments if payments else account.takes_documents)
        }


def titles_of(has_methods: bool) -> Mapping[MappingList, str]:
    """The lists there are, with what people call them: payment methods only where the ledger has some."""
    return {where: title for where, title in TITLES.items() if has_methods or where != MappingList.PAYMENT_METHOD}


def has_payment_methods(db: sa.Connection, ledger_id: int) -> bool:
    """Whether the ledger keeps a list of payment methods, as far as it was read."""
    return db.execute(_METHODS, {"ledger": ledger_id}).first() is not None


def load_lists(db: sa.Connection, integration: Any) -> Lists:
    """Everything the mapping pages show, in three statements; ``integration`` is its row."""
    return unchanged(db, (load_lists, integration.id), lambda: _read_lists(db, integration))


def _read_lists(db: sa.Connection, integration: Any) -> Lists:
    reference = load_reference(db, integration.stock_id, integration.ledger_id)
    stored = db.execute(_MAPPED, {"integration": integration.id})
    return Lists(
        reference=reference,
        target_accounts={a.code: a for a in reference.target_accounts if a.code},
        target_taxes={t.code: t for t in reference.target_taxes if t.code},
        mapped={(r.list, fold(r.source_code)): (r.source_code, r.target_code) for r in stored},
        periodic=integration.inventory_method == "periodic",
        waiting=_waiting(db, integration.id),
    )


_METHODS = (
    sa.select(sa.literal(1))
    .where(SNAPSHOTS.c.connection_id == sa.bindparam("ledger"), SNAPSHOTS.c.withdrawn.is_(False))
    .where(one_of(SNAPSHOTS.c.kind, [Kind.PAYMENT_METHOD]))
    .limit(1)
)
_MAPPED = sa.select(MAPPINGS.c.list, MAPPINGS.c.source_code, MAPPINGS.c.target_code).where(
    MAPPINGS.c.integration_id == sa.bindparam("integration")
)


def code_rows(lists: Lists, where: MappingList, suggestions: Sequence[Suggestion] = ()) -> list[CodeRow]:
    """Every code of a list: those of the stock system, those that documents wait for, those that are mapped."""
    names = {fold(code): (code, name) for code, name in _source_codes(lists, where) if code}
    for (code_list, folded), _ in lists.waiting.items():
        if code_list == where and folded:
            names.setdefault(folded, (folded, "named by a document only"))
    for (code_list, folded), (source, _) in lists.mapped.items():
        if code_list == where:
            names.setdefault(folded, (source, "no longer in the stock system's list"))
    suggested = {fold(each.source_code): each for each in suggestions}
    rates = {fold(tax.code): tax for tax in lists.reference.source_taxes} if where is MappingList.TAX_RATE else {}
    return [
        _row(lists, where, folded, code, name, suggested.get(folded), rates.get(folded))
        for folded, (code, name) in sorted(names.items())
    ]


def _source_codes(lists: Lists, where: MappingList) -> list[tuple[str, str]]:
    if where is MappingList.TAX_RATE:
        return [(tax.code, f"{tax.name} ({tax.percent.normalize():f}%)") for tax in lists.reference.source_taxes]
    if where in (MappingList.PAYMENT_ACCOUNT, MappingList.PAYMENT_METHOD):
        return [(account.code, account.name) for account in lists.reference.source_paying]
    # Bank and control accounts are no accounts of lines: nobody is asked for them unless a document names one.
    return [
        (account.code, account.name)
        for account in lists.reference.source_accounts
        if account.active and account.takes_documents
    ]


def _row(
    lists: Lists,
    where: MappingList,
    folded: str,
    code: str,
    name: str,
    suggestion: Suggestion | None,
    source_tax: TaxRate | None,
) -> CodeRow:
    _, target = lists.mapped.get((where, folded), ("", ""))
    waiting = lists.waiting.get((where, folded), 0)
    if not target:
        unmapped = CodeState.LEFT_OUT if where is MappingList.PAYMENT_METHOD else CodeState.UNMAPPED
        state = CodeState.SUGGESTED if suggestion else unmapped
        return CodeRow(code, name, "", state, suggestion=suggestion, waiting=waiting)
    state, note = standing(lists, where, target, source_tax)
    return CodeRow(code, name, target, state, note, waiting=waiting)


def standing(lists: Lists, where: MappingList, target: str, source_tax: TaxRate | None = None) -> tuple[CodeState, str]:
    """How a target code stands in the ledger."""
    entry = lists.every(where).get(target)
    if entry is None:
        return CodeState.MISSING, ""
    if not entry.active:
        return CodeState.ARCHIVED, entry.name
    if isinstance(entry, TaxRate) and source_tax is not None and entry.percent != source_tax.percent:
        return CodeState.RATES_DIFFER, f"{source_tax.percent.normalize():f}% there, {entry.percent.normalize():f}% here"
    return CodeState.MAPPED, entry.name


def search_contacts(db: sa.Connection, ledger_id: int, text: str) -> list[sa.Row[Any]]:
    """Contacts of the ledger whose name contains the text."""
    chosen: sa.Select[Any] = (
        sa.select(SNAPSHOTS.c.external_id, SNAPSHOTS.c.label)
        .where(SNAPSHOTS.c.connection_id == ledger_id, SNAPSHOTS.c.kind == Kind.CONTACT.value)
        .where(SNAPSHOTS.c.withdrawn.is_(False), SNAPSHOTS.c.natural_key.contains(fold(text), autoescape=True))
    )
    return list(db.execute(chosen.order_by(SNAPSHOTS.c.natural_key).limit(25)).all())


def contact_name(db: sa.Connection, ledger_id: int, external_id: str) -> str:
    """The name of one contact of the ledger; empty when it is not there."""
    chosen = sa.select(SNAPSHOTS.c.label).where(
        SNAPSHOTS.c.connection_id == ledger_id,
        SNAPSHOTS.c.kind == Kind.CONTACT.value,
        SNAPSHOTS.c.external_id == external_id,
        SNAPSHOTS.c.withdrawn.is_(False),
    )
    return db.execute(chosen).scalar() or ""


def _waiting(db: sa.Connection, integration_id: int) -> dict[tuple[str, str], int]:
    """How many held documents wait for each code."""

    def find() -> dict[tuple[str, str], int]:
        counted = db.execute(_WAITING, {"integration": integration_id})
        return {(_LIST_OF[row.problem_code], fold(row.problem_subject)): row.documents for row in counted}

    return remembered(db, ("waiting for codes", integration_id), find, lambda found: sum(found.values()) >= WORTH)


_LIST_OF = {code: where for where, code in NEEDED_BY.items()}
_WAITING = (
    sa.select(OPERATIONS.c.problem_code, OPERATIONS.c.problem_subject, sa.func.count().label("documents"))
    .where(OPERATIONS.c.integration_id == sa.bindparam("integration"), OPERATIONS.c.state == OperationState.HELD.value)
    .where(OPERATIONS.c.problem_code.in_(list(_LIST_OF)), OPERATIONS.c.problem_code != sa.literal_column("''"))
    .group_by(OPERATIONS.c.problem_code, OPERATIONS.c.problem_subject)
)
