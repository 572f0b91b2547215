"""Admin pages under /_sim: state, ledger, calls, faults, clock, switches, visits. JSON, no password, loopback only."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from . import person
from .company.codec import shown
from .company.file import Company
from .company.ledger import trial_balance
from .connector.qwc import ConnectorError
from .connector.visit import Visit
from .hresults import HResultError
from .qbxml.checking import UnreadableError
from .statuses import StatusError

if TYPE_CHECKING:
    from .simulator import Simulator

Values = dict[str, Any]
Query = dict[str, str]
_REFUSALS = (StatusError, ConnectorError, HResultError, UnreadableError)


class Pages:
    """What the pages do; a method and a path lead to each."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.routes: dict[tuple[str, str], Callable[[Query, Any], Any]] = {
            ("GET", "health"): lambda query, body: {"status": "ok"},
            ("GET", "state"): self.state,
            ("GET", "ledger"): self.ledger,
            ("GET", "calls"): self.calls,
            ("DELETE", "calls"): self.clear_calls,
            ("GET", "visits"): self.visits,
            ("GET", "faults"): lambda query, body: self.simulator.faults.shown(),
            ("POST", "faults"): self.add_faults,
            ("DELETE", "faults"): self.clear_faults,
            ("GET", "clock"): lambda query, body: {"now": self.simulator.clock.now().isoformat()},
            ("POST", "clock"): self.set_clock,
            ("GET", "switches"): lambda query, body: self.simulator.switches.table(),
            ("POST", "switches"): self.set_switches,
            ("POST", "applications"): self.add_application,
            ("POST", "visit"): self.visit,
            ("POST", "request"): self.request,
            ("POST", "reset"): self.reset,
        }

    def answer(self, method: str, path: str, query: Query, body: Any) -> tuple[int, Any]:
        """The HTTP status and what is shown."""
        parts = path.removeprefix("/_sim/").strip("/").split("/")
        try:
            if parts[0] == "person" and method == "POST":
                return 200, person.act(self.simulator.quickbooks, parts[1], body)
            if parts[0] == "state" and len(parts) == 2 and method == "GET":
                return 200, self.objects(parts[1], query)
            result = self.routes[method, "/".join(parts)](query, body)
        except _REFUSALS as refusal:
            return 409, {"error": str(refusal), "code": getattr(refusal, "code", None)}
        except (KeyError, ValueError, TypeError, AttributeError) as problem:
            return 400, {"error": f"{type(problem).__name__}: {problem}"}
        return 200, {"ok": True} if result is None else result

    def _company(self, query: Query) -> Company:
        """The company file named by `?file=`, else the demo company's."""
        return self.simulator.quickbooks.files[query["file"]] if "file" in query else self.simulator.company

    # ------------------------------------------------------------------ looking

    def state(self, query: Query, body: Any) -> Any:
        """What QuickBooks is doing, and counts and sums of everything in a file; amounts as text."""
        company, quickbooks = self._company(query), self.simulator.quickbooks
        sums: dict[str, Decimal] = defaultdict(Decimal)
        counts = Counter(each.kind for each in company.transactions)
        for each in company.transactions:
            sums[each.kind] += each.total
        return {
            "path": company.path,
            "files": list(quickbooks.files),
            "open": quickbooks.open_path,
            "dialog": quickbooks.dialog,
            "last_refusal": quickbooks.last_refusal,
            "preferences": shown(company.preferences),
            "lists": dict(Counter(each.kind for each in company.entries)),
            "transactions": {kind: {"count": counts[kind], "total": str(sums[kind])} for kind in sorted(counts)},
            "links": len(company.links.table),
        }

    def objects(self, kind: str, query: Query) -> Any:
        """All records of one kind as stored, or one of the tables; `?number=` and `?name=` narrow them."""
        company = self._company(query)
        tables: dict[str, Iterable[Any]] = {
            "links": company.links.table,
            "deleted": company.deleted,
            "extensions": company.extensions,
        }
        if kind in tables:
            return [shown(each) for each in tables[kind]]
        found = [each for each in company.entries if each.kind == kind]
        if found:
            return [shown(each) for each in found if query.get("name", each.name) == each.name]
        documents = [each for each in company.transactions if each.kind == kind]
        wanted = query.get("number")
        return [shown(each) for each in documents if wanted is None or each.fields.get("RefNumber") == wanted]

    def ledger(self, query: Query, body: Any) -> Any:
        """The trial balance, `?until=` a day."""
        until = date.fromisoformat(query["until"]) if "until" in query else None
        rows = trial_balance(self._company(query), until)
        return {"rows": rows, "sum": str(sum((Decimal(row["balance"]) for row in rows), Decimal(0)))}

    def calls(self, query: Query, body: Any) -> Any:
        """Calls counted by method; every one with `?detail=1`."""
        calls = [call for visit in self.simulator.connector.visits for call in visit.calls]
        if query.get("detail"):
            return [dataclasses.asdict(call) for call in calls]
        failed = sum(1 for call in calls if call.error)
        return {"total": len(calls), "failed": failed, "counts": dict(Counter(call.method for call in calls))}

    def clear_calls(self, query: Query, body: Any) -> None:
        self.simulator.connector.visits.clear()

    def visits(self, query: Query, body: Any) -> Any:
        return [summary(visit) for visit in self.simulator.connector.visits]

    # ------------------------------------------------------------------ doing

    def add_faults(self, query: Query, body: Any) -> Any:
        self.simulator.faults.add(body if isinstance(body, list) else [body])
        return self.simulator.faults.shown()

    def clear_faults(self, query: Query, body: Any) -> None:
        self.simulator.faults.clear()

    def set_clock(self, query: Query, body: Values) -> Any:
        """`{"advance_seconds": n}` or `{"set": "2026-11-22T10:00:00+00:00"}`."""
        if "set" in body:
            self.simulator.clock.set(datetime.fromisoformat(body["set"]))
        self.simulator.clock.advance(float(body.get("advance_seconds", 0)))
        return {"now": self.simulator.clock.now().isoformat()}

    def set_switches(self, query: Query, body: Values) -> Any:
        self.simulator.switches.set(body)
        return self.simulator.switches.table()

    def add_application(self, query: Query, body: Values) -> Any:
        """`{"qwc": text, "password": text, "auto_run": bool}`: add an application as its user does."""
        qwc = self.simulator.connector.add(body["qwc"], body.get("password", ""), bool(body.get("auto_run")))
        return dataclasses.asdict(qwc)

    def visit(self, query: Query, body: Values) -> Any:
        """`{"application": name}`: run one session now; without a name, of the only application."""
        name = body.get("application") or next(iter(self.simulator.connector.applications))
        return summary(self.simulator.connector.visit(name))

    def request(self, query: Query, body: Values) -> Any:
        """`{"qbxml": text, "application": name}`: straight to QuickBooks, without the Web Connector."""
        session = self.simulator.session(body.get("application", "admin"))
        return {"answer": session.process(body["qbxml"])}

    def reset(self, query: Query, body: Any) -> None:
        self.simulator.reset()


def summary(visit: Visit) -> Values:
    """A session without the texts that were carried."""
    return {
        "application": visit.application,
        "outcome": visit.outcome,
        "code": visit.code,
        "message": visit.message,
        "shown": visit.shown,
        "percentages": visit.percentages,
        "pauses": visit.pauses,
        "methods": visit.methods,
        "exchanges": len(visit.exchanges),
        "hresults": [exchange.hresult for exchange in visit.exchanges if exchange.hresult],
    }


def serve(simulator: Simulator, host: str, port: int) -> ThreadingHTTPServer:
    """A server for the pages; it listens when this returns, and serves once it is told to."""
    pages = Pages(simulator)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            url = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            status, result = pages.answer(self.command, url.path, query, json.loads(text) if text else {})
            content = json.dumps(result, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 (the names http.server looks for)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on standard error: GET /_sim/calls tells more."""

    return ThreadingHTTPServer((host, port), Handler)
