"""Journals: each line's account by the list of accounts, and only where the ledger lets journals in."""

from __future__ import annotations

from hub.documents import Journal, JournalLine, Kind
from hub.errors import Problem
from hub.mapping.problems import account_problem, not_mapped
from hub.mapping.rules import Chart, MappingList, Resolved, Rules, map_fact, target_fact
from hub.mapping.tracking import Tracker


def resolve_journal(journal: Journal, rules: Rules, chart: Chart, tracker: Tracker, resolved: Resolved) -> None:
    """Fill in the ledger's accounts and tracking options of every line.

    What a line says beside its account goes before what the journal says.
    """
    codes: dict[str, str] = {}
    for code in dict.fromkeys(line.account for line in journal.lines):
        codes[code] = _account(code, rules, chart, resolved)
    lines = tuple(_line(line, codes[line.account], journal, tracker, resolved) for line in journal.lines)
    resolved.document = journal.model_copy(update={"lines": lines, "attributes": ()})
    _check_sides(resolved.document, resolved)


def _line(line: JournalLine, account: str, journal: Journal, tracker: Tracker, resolved: Resolved) -> JournalLine:
    choices = tracker.choices(None, (*journal.attributes, *line.attributes), resolved)
    return line.model_copy(update={"account": account, "tracking": choices, "attributes": ()})


def _account(code: str, rules: Rules, chart: Chart, resolved: Resolved) -> str:
    resolved.rest_on(map_fact(MappingList.ACCOUNT, code))
    target = rules.find(MappingList.ACCOUNT, code)
    if not target:
        resolved.object_to(not_mapped("account", MappingList.ACCOUNT, code, "journal"))
        return ""
    resolved.rest_on(target_fact(Kind.ACCOUNT, target))
    account = chart.accounts.get(target)
    resolved.note(f"account {code} of the journal becomes {account.label if account else target}")
    problem = account_problem(target, account)
    if problem is None and account is not None and not account.takes_journals:
        problem = Problem(
            code="account_not_for_journals",
            what=f"Account {account.label} takes no journals.",
            why="It is a bank, receivable or payable account, or one that the ledger keeps for itself.",
            fix=f"Map the source's account {code} to another one.",
            subject=target,
        )
    if problem:
        resolved.object_to(problem)
    return target


def _check_sides(journal: object, resolved: Resolved) -> None:
    """A journal that takes from the account that it gives to moves nothing, and nobody would notice."""
    if not isinstance(journal, Journal) or not journal.lines:
        return
    target = journal.lines[0].account
    if target and all(line.account == target for line in journal.lines):
        resolved.object_to(
            Problem(
                code="journal_on_one_account",
                what=f"Debits and credits of {journal.number} all go to account {target}.",
                why="Different accounts of the stock system are mapped to this one, so nothing would be moved.",
                fix="Map one of them to another account.",
                subject=target,
            )
        )
