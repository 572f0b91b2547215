"""What measures and causes are called, on the pages and on the command line alike."""

from __future__ import annotations

from collections.abc import Mapping

from hub.causes import Cause, Measure

MEASURE_TITLES: Mapping[Measure, str] = {
    Measure.STOCK: "Stock",
    Measure.SALES: "Sales",
    Measure.PURCHASES: "Purchases and costs",
    Measure.RECEIVABLES: "Receivables",
    Measure.PAYABLES: "Payables",
}

CAUSE_TITLES: Mapping[Cause, str] = {
    Cause.NOT_POSTED: "Not posted yet",
    Cause.CHANGED: "Changed after posting",
    Cause.VOID_ON_ONE_SIDE: "Void on one side only",
    Cause.OTHER_PERIOD: "Posted in another period",
    Cause.DISPATCHED_NOT_INVOICED: "Dispatched, not invoiced",
    Cause.INVOICED_NOT_DISPATCHED: "Invoiced, not dispatched",
    Cause.RECEIVED_NOT_INVOICED: "Received, not invoiced",
    Cause.INVOICED_NOT_RECEIVED: "Invoiced, not received",
    Cause.BOOKED_WITHOUT_GOODS: "Booked without goods",
    Cause.EXCHANGE_RATE: "Exchange rate",
    Cause.ROUNDING: "Rounding",
    Cause.BY_HAND: "Made by hand in the ledger",
    Cause.BEFORE_START: "Before the start date",
    Cause.UNEXPLAINED: "Unexplained",
    Cause.AGREES: "Agrees",
}
