"""The last cents: a document's tax and total in Xero are made equal to the source's, visibly and within a
limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hub import Facts, Line, Problem, TaxMode, TradeDocument
from hub_xero.arithmetic import line_tax, totals
from hub_xero.lines import changed
from hub_xero.wording import Notes

OUTSIDE_SCOPE = ("NONE", "BASEXCLUDED")
"""The tax types for "no tax at all", by country; the rounding line uses the first that the organisation has.
"""


@dataclass
class Balance:
    """Brings lines to a document's own tax and total; ``problems`` says where the limit does not allow it."""

    document: TradeDocument
    facts: Facts
    notes: Notes
    problems: list[Problem] = field(default_factory=list)

    def balanced(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """The lines with the document's tax, and a rounding line where their net amount needs one."""
        settled = list(lines)
        if self.document.tax_mode is not TaxMode.NO_TAX:
            settled = self._with_document_tax([self._with_line_tax(*entry) for entry in enumerate(lines, 1)])
            self._check_total_tax(settled)
        return tuple(settled + self._rounding(settled))

    def _percent(self, line: Line) -> Decimal | None:
        rate = self.facts.taxes.get(line.tax_code)
        return rate.percent if rate else None

    def _predicted(self, line: Line) -> Decimal:
        percent = self._percent(line)
        mode = self.document.tax_mode
        return line.tax_amount if percent is None else line_tax(line.amount, percent, mode)

    def _with_line_tax(self, position: int, line: Line) -> Line:
        predicted = self._predicted(line)
        difference = line.tax_amount - predicted
        if abs(difference) > self.facts.rounding_limit:
            self.problems.append(self._tax_differs(f"Line {position}", line.tax_amount, predicted, line.tax_code))
        elif difference and not self._percent(line):
            return changed(line, tax_amount=Decimal(0))  # Xero takes no tax at all on a rate of zero
        elif difference:
            self.notes.append(
                f"The tax of line {position} is set to {line.tax_amount:,}; Xero would reckon {predicted:,}."
            )
        return line

    def _with_document_tax(self, lines: list[Line]) -> list[Line]:
        missing = self.document.tax - sum((line.tax_amount for line in lines), Decimal(0))
        if not missing:
            return lines
        taxed = [position for position, line in enumerate(lines) if self._percent(line)]
        if abs(missing) > self.facts.rounding_limit or not taxed:
            self.problems.append(self._tax_differs("The document", self.document.tax, self.document.tax - missing))
            return lines
        position = max(taxed, key=lambda index: abs(lines[index].amount))
        lines[position] = changed(lines[position], tax_amount=lines[position].tax_amount + missing)
        self.notes.append(f"{missing} of tax is added to line {position + 1}, so that the document's tax is the same.")
        return lines

    def _check_total_tax(self, lines: Sequence[Line]) -> None:
        predicted = sum((self._predicted(line) for line in lines), Decimal(0))
        if abs(self.document.tax - predicted) > self.facts.rounding_limit and not self.problems:
            self.problems.append(self._tax_differs("The document", self.document.tax, predicted))

    def _rounding(self, lines: Sequence[Line]) -> list[Line]:
        document, limit = self.document, self.facts.rounding_limit
        net = totals([(line.amount, line.tax_amount) for line in lines], document.tax_mode).subtotal
        gap = document.total - document.tax - net
        if not gap or self.problems:
            return []
        if abs(gap) > limit or not self.facts.rounding_account:
            self.problems.append(self._net_differs(document.total - document.tax, net, gap))
            return []
        self.notes.append(f"A rounding line of {gap} makes the total the same as in the stock system.")
        code = next((code for code in OUTSIDE_SCOPE if code in self.facts.taxes), OUTSIDE_SCOPE[0])
        account = self.facts.rounding_account
        line = Line(
            description="Rounding",
            unit_price=gap,
            amount=gap,
            tax_code=code,
            account=account,
            purpose="rounding",
        )
        return [line]

    def _tax_differs(self, where: str, source: Decimal, ledger: Decimal, subject: str = "") -> Problem:
        return Problem(
            code="tax_differs",
            what=f"{where} carries {source} of tax; Xero would reckon {ledger}.",
            why=f"That is more than the {self.facts.rounding_limit} which may be corrected unasked.",
            fix="Check the tax mapping and the tax rates on both sides.",
            subject=subject,
        )

    def _net_differs(self, source: Decimal, ledger: Decimal, gap: Decimal) -> Problem:
        within = abs(gap) <= self.facts.rounding_limit
        return Problem(
            code="rounding_account_missing" if within else "total_differs",
            what=f"The document comes to {source} before tax; in Xero it would come to {ledger}.",
            why="" if within else f"That is more than the {self.facts.rounding_limit} which may be corrected unasked.",
            fix="Choose a rounding account in the integration's settings."
            if within
            else "Correct the document's lines.",
        )
