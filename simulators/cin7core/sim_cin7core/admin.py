"""The admin pages under /_sim/: state, calls, faults, limits, clock and what a person does in Core."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sim_cin7core import screens, stamps, truth
from sim_cin7core.archive import plain
from sim_cin7core.person import perform
from sim_cin7core.person.action import ImpossibleError
from sim_cin7core.switches import TABLE

if TYPE_CHECKING:
    from sim_cin7core.simulator import Simulator


def create_admin(simulator: Simulator) -> Flask:
    """The Flask application of one simulator."""
    app = Flask("sim_cin7core.admin")
    _state_pages(app, simulator)
    _fault_pages(app, simulator)
    _control_pages(app, simulator)
    app.register_error_handler(HTTPException, lambda error: (jsonify(error=error.description), error.code or 500))
    app.register_error_handler(ImpossibleError, lambda error: (jsonify(error=str(error)), error.status))
    app.register_error_handler(ValueError, lambda error: (jsonify(error=str(error)), 400))
    return app


def _state_pages(app: Flask, simulator: Simulator) -> None:
    @app.get("/_sim/health")
    def health() -> Response:
        return jsonify(
            status="ok",
            account_id=simulator.account_id,
            key=simulator.key,
            switches=simulator.switches.as_dict(),
        )

    @app.get("/_sim/state")
    def state() -> Response:
        return jsonify(truth.summary(simulator.store))

    @app.get("/_sim/state/<name>")
    def collection(name: str) -> Response | tuple[Response, int]:
        found = next((one for one in simulator.store.collections() if one.name == name), None)
        if found is None:
            return jsonify(error=f"no collection {name}"), 404
        offset, limit = request.args.get("offset", 0, int), request.args.get("limit", 1000, int)
        with simulator.store.lock:
            return jsonify([plain(record) for record in found.in_order()[offset : offset + limit]])

    @app.get("/_sim/screens/<screen>/<record_id>")
    def screen(screen: str, record_id: str) -> Response:
        page, status = screens.shown(simulator.store, screen, record_id)
        return Response(page, status, content_type=screens.HTML)

    @app.get("/_sim/books")
    def books() -> Response:
        with simulator.store.lock:
            return jsonify(truth.books(simulator.account.books))

    @app.get("/_sim/calls")
    def calls() -> Response:
        return jsonify(simulator.calls.summary(detail=request.args.get("detail") == "1"))

    @app.delete("/_sim/calls")
    def forget_calls() -> tuple[str, int]:
        simulator.calls.clear()
        return "", 204


def _fault_pages(app: Flask, simulator: Simulator) -> None:
    @app.get("/_sim/faults")
    def faults() -> Response:
        return jsonify(simulator.faults.shown())

    @app.post("/_sim/faults")
    def add_faults() -> tuple[Response, int]:
        given = request.get_json()
        wanted: list[dict[str, Any]] = given if isinstance(given, list) else [given]
        try:
            added = [simulator.faults.add(**item).shown() for item in wanted]
        except TypeError as error:
            raise ValueError(str(error)) from error
        return jsonify(added), 201

    @app.delete("/_sim/faults")
    def lift_faults() -> tuple[str, int]:
        simulator.faults.clear()
        return "", 204


def _control_pages(app: Flask, simulator: Simulator) -> None:
    @app.post("/_sim/clock")
    def clock() -> Response:
        given = request.get_json()
        if "now" in given:
            simulator.store.clock.set(datetime.fromisoformat(given["now"]))
        simulator.store.clock.advance(float(given.get("advance", 0)))
        return jsonify(now=stamps.shown(simulator.store.clock.ticks()))

    @app.post("/_sim/limits")
    def limits() -> Response:
        given, limiter = request.get_json(), simulator.limiter
        limiter.enabled = bool(given.get("enabled", limiter.enabled))
        limiter.per_minute = int(given.get("per_minute", limiter.per_minute))
        limiter.minute = float(given.get("minute", limiter.minute))
        if given.get("refresh"):
            limiter.refresh()
        return jsonify(enabled=limiter.enabled, per_minute=limiter.per_minute, minute=limiter.minute)

    @app.post("/_sim/lock")
    def lock() -> Response:
        day = request.get_json()["date"]
        simulator.account.lock(None if day is None else date.fromisoformat(day))
        return jsonify(date=day)

    @app.get("/_sim/switches")
    def switches() -> Response:
        values = simulator.switches.as_dict()
        return jsonify(
            [
                {
                    "name": switch.name,
                    "value": values[switch.name],
                    "values": list(switch.values),
                    "reason": switch.reason,
                }
                for switch in TABLE
            ]
        )

    @app.post("/_sim/switches")
    def set_switches() -> Response:
        for name, value in request.get_json().items():
            simulator.switch(name, value)
        return jsonify(simulator.switches.as_dict())

    @app.post("/_sim/person/<action>")
    def person(action: str) -> Response:
        return jsonify(perform(simulator.account, action, request.get_json(silent=True) or {}))
