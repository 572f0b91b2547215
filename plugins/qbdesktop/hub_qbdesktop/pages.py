"""The pages of a QuickBooks connection: setting the Web Connector up, and how its visits stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from hub import Hub, Right, Visits, actor, needs, visible_connections
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import OWNER_ID, Connectors
from hub_qbdesktop.desk import Desk
from hub_qbdesktop.host import Company
from hub_qbdesktop.settings import Country, QuickBooksSettings
from hub_qbdesktop.soap import PATH

NAME = "qbdesktop"
_CONNECTION = sa.table(
    "connection", sa.column("id"), sa.column("provider"), sa.column("removed_at"), sa.column("settings")
)


class Desktop:
    """What the pages show and do, for one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.connectors = Connectors(hub)
        self.desk = Desk(hub)
        self.url = qwc.address(hub.settings.base_url, PATH)

    def row_or_404(self, connection_id: int) -> Any:
        """A connection of ours that the person may see."""
        mine = (_CONNECTION.c.id == connection_id, _CONNECTION.c.provider == NAME, _CONNECTION.c.removed_at.is_(None))
        with self.hub.store.read() as db:
            found = db.execute(sa.select(_CONNECTION.c.id).where(*mine, visible_connections(_CONNECTION.c.id))).first()
        return self.hub.connection(connection_id) if found else abort(404)

    def page(self, connection_id: int, *, password: str = "", error: str = "", typed: Any = None) -> str:
        """The page of a connection; a ``password`` is shown this once."""
        row = self.row_or_404(connection_id)
        settings = QuickBooksSettings.model_validate(row.settings)
        return render_template(
            "qbdesktop/connection.html",
            row=row,
            settings=typed or settings.model_dump(mode="json"),
            countries=list(Country),
            password=password,
            error=error,
            objection=qwc.objection(self.url),
            url=self.url,
            **self.standing(connection_id),
        )

    def standing(self, connection_id: int) -> dict[str, Any]:
        """How the visits stand."""
        connector = self.connectors.of(connection_id)
        seen = Company.load(connector.seen) if connector else None
        confirmed = Company.load(connector.confirmed) if connector else None
        return {
            "connection_id": connection_id,
            "connector": connector,
            "seen": seen,
            "confirmed": confirmed,
            "must_confirm": seen is not None and (confirmed is None or not confirmed.is_same_file(seen)),
            "waiting": Visits(self.hub).waiting(connection_id),
            "last_visit": _moment(connector.last_visit_at if connector else None),
            "last_error_at": _moment(connector.last_error_at if connector else None),
            "confirmed_at": _moment(connector.confirmed_at if connector else None),
        }

    def save(self, connection_id: int) -> ResponseReturnValue:
        """Other settings; the schedule reaches the Web Connector with the next .qwc file."""
        row = self.row_or_404(connection_id)
        typed = {name: request.form.get(name, "") for name in QuickBooksSettings.model_fields}
        try:
            settings = QuickBooksSettings.model_validate(typed)
        except ValidationError as error:
            said = "; ".join(
                f"{QuickBooksSettings.model_fields[str(e['loc'][0])].title}: {e['msg']}" for e in error.errors()
            )
            return self.page(connection_id, error=said, typed=typed), 422
        with self.hub.store.write() as db:
            change = sa.update(_CONNECTION).where(_CONNECTION.c.id == connection_id)
            stored = sa.type_coerce(settings.model_dump(mode="json"), sa.JSON())
            db.execute(change.values(settings=stored))
            self.hub.audit(db, actor(), "changed the settings of", row.name, connection=connection_id)
        flash("The settings are saved. Replace the .qwc file if you changed the minutes between visits.", "success")
        return self.back(connection_id)

    def file(self, connection_id: int) -> Response:
        """The .qwc file."""
        row = self.row_or_404(connection_id)
        connector = self.connectors.made(connection_id)
        content = qwc.file(
            url=self.url,
            user_name=connector.user_name,
            owner_id=OWNER_ID,
            file_id=connector.file_id,
            minutes=QuickBooksSettings.model_validate(row.settings).minutes,
        )
        answer = Response(content, content_type="application/octet-stream")
        answer.headers["Content-Disposition"] = f'attachment; filename="{connector.user_name}.qwc"'
        return answer

    def confirm(self, connection_id: int) -> ResponseReturnValue:
        """The person who looks at the page says that the company file they see there is the right one."""
        self.row_or_404(connection_id)
        connector = self.connectors.of(connection_id)
        if connector is None or not connector.seen or request.form.get("seen") != connector.seen:
            flash("Another company file was opened meanwhile. Look at it again.", "danger")
        else:
            self.connectors.confirm(connection_id, connector.seen, actor())
            flash("The company file is confirmed. From the next visit on, the hub writes to it.", "success")
        return self.back(connection_id)

    def back(self, connection_id: int) -> ResponseReturnValue:
        """To the page again."""
        return redirect(url_for("qbdesktop.connection", connection_id=connection_id), 303)


def blueprint(hub: Hub) -> Blueprint:
    """The pages. The hub links to ``connection`` from the entity."""
    desktop = Desktop(hub)
    pages = Blueprint(NAME, __name__, url_prefix="/qbdesktop/entities/<int:connection_id>", template_folder="templates")

    @pages.get("/")
    @needs(Right.MANAGE_ENTITIES)
    def connection(connection_id: int) -> ResponseReturnValue:
        return desktop.page(connection_id)

    @pages.get("/standing")
    def standing(connection_id: int) -> ResponseReturnValue:
        desktop.row_or_404(connection_id)
        return render_template("qbdesktop/standing.html", **desktop.standing(connection_id))

    @pages.post("/settings")
    @needs(Right.MANAGE_ENTITIES)
    def save(connection_id: int) -> ResponseReturnValue:
        return desktop.save(connection_id)

    @pages.get("/ledgerport.qwc")
    @needs(Right.MANAGE_ENTITIES)
    def file(connection_id: int) -> ResponseReturnValue:
        return desktop.file(connection_id)

    @pages.post("/password")
    @needs(Right.MANAGE_ENTITIES)
    def password(connection_id: int) -> ResponseReturnValue:
        desktop.row_or_404(connection_id)
        desktop.connectors.made(connection_id)
        return desktop.page(connection_id, password=desktop.connectors.new_password(connection_id, actor()))

    @pages.post("/company")
    @needs(Right.MANAGE_ENTITIES)
    def confirm(connection_id: int) -> ResponseReturnValue:
        return desktop.confirm(connection_id)

    @pages.post("/file-id")
    @needs(Right.MANAGE_ENTITIES)
    def new_file_id(connection_id: int) -> ResponseReturnValue:
        desktop.row_or_404(connection_id)
        desktop.connectors.made(connection_id)
        desktop.connectors.new_file_id(connection_id, actor())
        flash(
            "The file has a new id. Remove the entry in the Web Connector, download the .qwc file and add it.",
            "success",
        )
        return desktop.back(connection_id)

    return pages


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
