"""What every transaction that is added or changed goes through: its header, its date, its number, its currency."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from .. import statuses
from ..money import ZERO, cents
from .file import Company
from .kinds import LISTS, TRANSACTIONS
from .records import Entry, Fields, Line, Link, Movement, Posting, Ref, Transaction
from .references import Resolver, merged

_NUMBERED = {"Invoice": "sales", "CreditMemo": "sales", "JournalEntry": "journal", "InventoryAdjustment": "adjustment"}
"""Kinds that get the next number by themselves, and with which others they count."""
_NOT_SIMULATED = ("LinkToTxnID", "LinkToTxn", "DataExt", "CreditCardTxnInfo", "CreditCardTxnInfoMod")
RawLines = list[tuple[str, Fields]]


@dataclass
class Draft:
    """A transaction being written: nothing of it is in the company file before `save`."""

    company: Company
    kind: str
    before: Transaction | None
    resolver: Resolver
    fields: Fields = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    gone_links: list[Link] = field(default_factory=list)
    total: Decimal = ZERO
    is_link_only: bool = False
    """It only links transactions that are there, and becomes none itself."""

    @property
    def noun(self) -> str:
        return TRANSACTIONS[self.kind].noun

    @property
    def day(self) -> date:
        day: date = self.fields["TxnDate"]
        return day

    @property
    def rate(self) -> Decimal:
        rate: Decimal = self.fields.get("ExchangeRate") or Decimal(1)
        return rate

    def home(self, amount: Decimal) -> Decimal:
        """An amount of the transaction's currency in home currency."""
        return cents(amount * self.rate)

    def entry(self, name: str) -> Entry | None:
        """What a reference of the header names."""
        ref: Ref | None = self.fields.get(name)
        return self.company.entries[ref.list_id] if ref else None

    def post(self, account: str, amount: Decimal, line: Line | None = None, entity: str = "") -> None:
        """Book an amount of the transaction's currency, debits positive."""
        memo = str((line.fields if line else self.fields).get("Memo", ""))
        where = line.line_id if line else ""
        self.postings.append(Posting(account, self.home(amount), amount, where, entity, memo))

    def balance(self, account: str, entity: str) -> None:
        """Book the other side of everything booked so far, so that it adds up in home currency, too."""
        home = sum((posting.amount for posting in self.postings), ZERO)
        foreign = sum((posting.foreign for posting in self.postings), ZERO)
        self.postings.insert(0, Posting(account, -home, -foreign, "", entity, str(self.fields.get("Memo", ""))))

    def save(self) -> Transaction:
        """Keep it in the company file, with what it applies to other transactions; its id is empty if it is none."""
        company, before, now = self.company, self.before, self.company.clock.now()
        own_id = "" if self.is_link_only else company.new_id(False)
        transaction = Transaction(
            kind=self.kind,
            txn_id=before.txn_id if before else own_id,
            number=before.number if before else company.new_number(),
            created=before.created if before else now,
            modified=now,
            edit_sequence=company.next_sequence(before.edit_sequence if before else ""),
            fields=self.fields,
            lines=self.lines,
            postings=self.postings,
            movements=self.movements,
            total=self.total,
        )
        if transaction.txn_id:
            company.put_transaction(transaction)
        for link in self.gone_links:
            company.links.remove(link)
        for link in self.links:
            source, target = (end or transaction.txn_id for end in (link.source, link.target))
            link_id = company.new_line_id()
            company.links.put(replace(link, link_id=link_id, source=source, target=target, by=transaction.txn_id))
        touch(company, [*self.gone_links, *self.links], transaction.txn_id)
        return transaction


def touch(company: Company, links: list[Link], but: str) -> None:
    """What is paid or applied, or no longer so, counts as changed (switch `applying_changes`)."""
    if company.switches["applying_changes"] == "neither":
        return
    for txn_id in {end for link in links for end in (link.source, link.target) if end and end != but}:
        other = company.transactions[txn_id]
        other.modified, other.edit_sequence = company.clock.now(), company.next_sequence(other.edit_sequence)
        company.transactions.put(txn_id, other)


def begin(company: Company, kind: str, raw: Fields, before: Transaction | None) -> Draft:
    """A draft with its header: looked up, merged with what was there, dated, numbered."""
    draft = Draft(company, kind, before, Resolver(company, TRANSACTIONS[kind].noun))
    lines = [name for name in raw if "Line" in name and name != "TxnLineID"]
    _refuse_unknown(raw)
    left_out = {"TxnID", "EditSequence", "SetCredit", "AppliedToTxnAdd", "AppliedToTxnMod", *lines}
    given = draft.resolver.fields({name: value for name, value in raw.items() if name not in left_out})
    draft.fields = merged(before.fields if before else {}, given)
    draft.fields.setdefault("TxnDate", company.today())
    _check_closing_date(draft)
    _number(draft)
    _set_currency(draft)
    return draft


def _refuse_unknown(raw: Fields) -> None:
    for name in _NOT_SIMULATED:
        if name in raw:
            raise statuses.not_simulated(name)


def _check_closing_date(draft: Draft) -> None:
    days = [draft.day, *([draft.before.day] if draft.before else [])]
    for day in days:
        refuse_closed(draft.company, day, "modify" if draft.before else "add", draft.noun)


def refuse_closed(company: Company, day: date, verb: str, noun: str) -> None:
    """3171 for a day on or before the closing date. No request can carry the password that would allow it."""
    preferences = company.preferences
    if preferences.closing_date is None or day > preferences.closing_date:
        return
    if preferences.closing_password or company.switches["open_closing_date"] == "refused":
        raise statuses.closed(verb, noun)


def _number(draft: Draft) -> None:
    """Check the number given, or count on from the last one."""
    number = draft.fields.get("RefNumber")
    if number:
        if draft.company.switches["duplicate_numbers"] == "refused" and _is_used(draft, str(number)):
            raise statuses.not_saved(draft.noun, f"The number {number} has already been used.")
        return
    series = _NUMBERED.get(draft.kind)
    if series is None or (series == "journal" and not draft.company.preferences.assign_journal_numbers):
        return
    kinds = {kind for kind, other in _NUMBERED.items() if other == series}
    numbers = [str(each.fields.get("RefNumber", "")) for each in draft.company.transactions if each.kind in kinds]
    last = next((number for number in reversed(numbers) if number.isdigit()), "0")
    draft.fields["RefNumber"] = str(int(last) + 1).zfill(len(last))


def _is_used(draft: Draft, number: str) -> bool:
    party = TRANSACTIONS[draft.kind].party if draft.kind in ("Bill", "VendorCredit") else ""
    return any(
        each.kind == draft.kind
        and each.fields.get("RefNumber") == number
        and each is not draft.before
        and (not party or each.fields.get(party) == draft.fields.get(party))
        for each in draft.company.transactions
    )


def _set_currency(draft: Draft) -> None:
    """The currency is the party's; its rate is given, or the one kept with the currency."""
    if not draft.company.preferences.multicurrency:
        return
    party = draft.entry(TRANSACTIONS[draft.kind].party)
    ref: Ref | None = party.fields.get("CurrencyRef") if party else draft.fields.get("CurrencyRef")
    home = draft.company.named(("Currency",), draft.company.preferences.home_currency)
    if ref is None and home:
        ref = Ref(home.list_id)
    if ref is None:
        return
    draft.fields["CurrencyRef"] = ref
    kept: Decimal | None = draft.company.entries[ref.list_id].fields.get("ExchangeRate")
    is_home = home is not None and ref.list_id == home.list_id
    draft.fields["ExchangeRate"] = Decimal(1) if is_home else draft.fields.get("ExchangeRate") or kept or Decimal(1)


def control_account(draft: Draft, account_type: str) -> str:
    """The receivable or payable account: the one named, else the first of the transaction's currency."""
    name = TRANSACTIONS[draft.kind].account
    if named := draft.entry(name):
        if named.fields["AccountType"] != account_type:
            raise statuses.bad_reference("Account", named.name, draft.noun)
        return named.list_id
    currency = draft.fields.get("CurrencyRef")
    accounts = [each for each in draft.company.of_kinds(("Account",)) if each.fields["AccountType"] == account_type]
    fitting = [each for each in accounts if each.fields.get("CurrencyRef") == currency] or accounts
    account = fitting[0] if fitting else draft.company.add_entry("Account", Name=account_type, AccountType=account_type)
    draft.fields[name] = Ref(account.list_id)
    return account.list_id


def due_date(draft: Draft) -> None:
    """Terms fill in the due date, unless it is given; a bill without any is due as the preferences say."""
    party = draft.entry(TRANSACTIONS[draft.kind].party)
    if party and not draft.before and "TermsRef" in party.fields:
        draft.fields.setdefault("TermsRef", party.fields["TermsRef"])
    terms = draft.entry("TermsRef")
    without = draft.company.preferences.days_bills_are_due if draft.kind == "Bill" else 0
    days = int(terms.fields.get("StdDueDays", 0)) if terms else without
    draft.fields.setdefault("DueDate", draft.day + timedelta(days=days))


def merged_lines(draft: Draft, given: RawLines, tags: dict[str, str]) -> list[Line]:
    """The lines after an Add or Mod; `tags` tells the name of a line in an answer by its name in the request.

    A Mod that names lines keeps those it names and drops the others (switch `unmentioned_lines`); -1 is a new line.
    A Mod that names none leaves them all.
    """
    old = [Line(line.line_id, line.tag, dict(line.fields)) for line in draft.before.lines] if draft.before else []
    if draft.before and not given:
        return old
    before = {line.line_id: line for line in old}
    lines = [_line(draft, tags[tag], raw, before) for tag, raw in given if tag in tags]
    if draft.before and draft.company.switches["unmentioned_lines"] == "kept":
        named = {line.line_id for line in lines}
        lines = [*(line for line in old if line.line_id not in named), *lines]
    return lines


def _line(draft: Draft, tag: str, raw: Fields, before: dict[str, Line]) -> Line:
    _refuse_unknown(raw)
    line_id = str(raw.get("TxnLineID", "-1")) if draft.before else "-1"
    values = draft.resolver.fields({name: value for name, value in raw.items() if name != "TxnLineID"})
    if line_id == "-1":
        return Line(draft.company.new_line_id(), tag, merged({}, values))
    if line_id not in before:
        raise statuses.bad_id(line_id, "TxnLineID")
    was = dict(before[line_id].fields)
    _forget_computed(was, values)
    return Line(line_id, before[line_id].tag, merged(was, values))


def _forget_computed(was: Fields, values: Fields) -> None:
    """A changed quantity, rate or amount makes what was worked out from the others void."""
    given = {name for name in ("Quantity", "Rate", "RatePercent", "Cost", "Amount") if values.get(name) is not None}
    if given and "Amount" not in given:
        was.pop("Amount", None)
    elif "Amount" in given:
        for name in ("Rate", "RatePercent", "Cost"):
            was.pop(name, None)


def require_entry(company: Company, kind: str, txn_id: str, sequence: str) -> Transaction:
    """The transaction that a Mod names: 3000 when there is none, 3175 while it is open in a window, 3200 when stale."""
    transaction = company.transactions.get(txn_id)
    if transaction is None or transaction.kind != kind:
        raise statuses.bad_id(txn_id, "txn id")
    if company.is_in_window(txn_id):
        raise statuses.in_use(TRANSACTIONS[kind].noun, str(transaction.fields.get("RefNumber", txn_id)))
    if sequence != transaction.edit_sequence:
        raise statuses.stale(sequence, transaction)
    party: Ref | None = transaction.fields.get(TRANSACTIONS[kind].party)
    if party and company.is_in_window(party.list_id):
        raise statuses.related_in_use(LISTS[company.entries[party.list_id].kind].noun)
    return transaction
