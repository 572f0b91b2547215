"""The summary as a person reads it on a terminal of eighty columns."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from hub_demo.stock import StockSummary
from hub_demo.summary import Summary


def show(summary: Summary, console: Console) -> None:
    """Print the summary for a person."""
    console.print()
    console.print(_kinds_table(summary))
    console.print()
    console.print(_totals_table(summary))
    if summary.stock is not None:
        console.print()
        console.print(_stock_table(summary.stock, summary.ledger))
    for title, reasons in (
        ("Held, with the reason", summary.held),
        ("Refused by the ledger", summary.refused),
        ("Excluded (not eligible), with the rule", summary.not_eligible),
        ("Skipped while reading: no documents to post, so not counted above", summary.left_there),
    ):
        console.print(f"[bold]{title}[/bold]" if reasons else f"{title}: none")
        for reason, count in reasons.items():
            console.print(f"  {count:>5}  {reason}", highlight=False, markup=False)
    for name, calls in summary.calls.items():
        console.print(_calls(name, calls))
    console.print(f"Records that could not be read: {summary.unreadable}")
    console.print(f"Created in this run: {_created(summary)}, in {summary.seconds:.0f} seconds", soft_wrap=True)
    if summary.visit_seconds:
        rate = summary.created_now / summary.visit_seconds
        console.print(f"{summary.visit_seconds:.0f} seconds of visits: {rate:.1f} created in each")
    if summary.again:
        console.print("One visit more: " + _counted(summary.again))
    verdict = "Both sides agree to the cent, and every source document is accounted for."
    if summary.stock is not None and summary.stock.causes:
        verdict += " Every cent by which the stock differs has a name."
    console.print(
        f"[green]{verdict}[/green]" if summary.is_good else "[red]The two sides do not agree: see above.[/red]"
    )


def _created(summary: Summary) -> str:
    """The number that the pages of the runs show, and what of it the first table does not count."""
    made = summary.of_several_now
    told = f"{summary.created_now:,}"
    if not made:
        return told
    return f"{told}, of them {made:,} {'journal' if made == 1 else 'journals'} made of several, not counted above"


def _calls(name: str, calls: Mapping[str, int]) -> str:
    if "total" in calls:
        return f"Calls to {name}: {calls['total']} ({calls['refused']} refused for their rate)"
    return f"{name}: {_counted(calls)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counts.items())


def _table(title: str) -> Table:
    """One that fits a terminal of eighty columns, with every heading whole."""
    return Table(title=title, box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _kinds_table(summary: Summary) -> Table:
    shown = _table("Every source document, accounted for")
    columns = {"in Core": "source", "created": "created", "summed": "summed", "adopted": "adopted", "held": "held"}
    columns |= {"refused": "refused", "excluded": "not_eligible", "waiting": "waiting"}
    rare = [name for name in ("summed", "adopted") if not any(getattr(one, name) for one in summary.kinds)]
    names = [name for title, name in columns.items() if title not in rare]
    for column in ("", *(title for title in columns if title not in rare)):
        shown.add_column(column, justify="left" if not column else "right", no_wrap=True)
    for one in summary.kinds:
        shown.add_row(one.kind.replace("_", " "), *(f"{getattr(one, name):,}" for name in names))
    return shown


def _totals_table(summary: Summary) -> Table:
    shown = _table("Authorised totals, as each side's own books say")
    for column in ("", "Core", "not posted", summary.ledger, "difference"):
        shown.add_column(column, justify="right" if column else "left", no_wrap=True)
    for one in summary.totals:
        shown.add_row(
            f"{one.kind.replace('_', ' ')} {one.currency}",
            *(f"{Decimal(value):,.2f}" for value in (one.stock, one.not_posted, one.ledger, one.difference)),
        )
    return shown


def _stock_table(told: StockSummary, ledger: str) -> Table:
    shown = _table("The stock at the end of the month")
    shown.add_column("", no_wrap=True)
    shown.add_column("", justify="right", no_wrap=True)
    shown.add_row("Cin7 Core, by its own valuation", f"{Decimal(told.stock):,.2f}")
    shown.add_row(f"{ledger}, by its trial balance", f"{Decimal(told.ledger):,.2f}")
    for cause, amount in told.causes.items():
        shown.add_row(f"  {cause.replace('_', ' ')}", f"{Decimal(amount):,.2f}")
    shown.add_row("Difference", f"{Decimal(told.difference):,.2f}")
    return shown
