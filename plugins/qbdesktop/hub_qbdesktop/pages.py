"""The pages of a QuickBooks connection: setting the Web Connector up, and how its visits stand."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from hub import Hub, Right, actor, needs, visible_connections
from hub_qbdesktop import qwc
from hub_qbdesktop.connectors import Connectors
from hub_qbdesktop.host import Company
from hub_qbdesktop.settings import COUNTRIES, QuickBooksSettings
from hub_qbdesktop.soap import PATH
from hub_qbdesktop.standing import standing_of

NAME = "qbdesktop"
_CONNECTION = sa.table(
    "connection", sa.column("id"), sa.column("provider"), sa.column("removed_at"), sa.column("settings")
)


class Desktop:
    """What the pages show and do, for one hub."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.connectors = Connectors(hub)

    @property
    def url(self) -> str:
        """Where the Web Connector calls."""
        return qwc.address(self.hub.settings.base_url, PATH)

    def row_or_404(self, connection_id: int) -> Any:
        """A connection of ours that the person may see."""
        mine = (_CONNECTION.c.id == connection_id, _CONNECTION.c.provider == NAME, _CONNECTION.c.removed_at.is_(None))
        with self.hub.store.read() as db:
            found = db.execute(sa.select(_CONNECTION.c.id).where(*mine, visible_connections(_CONNECTION.c.id))).first()
        return self.hub.connection(connection_id) if found else abort(404)

    def page(self, connection_id: int, *, password: str = "", errors: Any = None, typed: Any = None) -> str:
        """The page of a connection; a ``password`` is shown this once, ``errors`` are by the name of the field."""
        row = self.row_or_404(connection_id)
        settings = QuickBooksSettings.model_validate(row.settings)
        return render_template(
            "qbdesktop/connection.html",
            row=row,
            settings=typed or settings.model_dump(mode="json"),
            fields=QuickBooksSettings.model_fields,
            countries=COUNTRIES,
            password=password,
            errors=errors or {},
            objection=qwc.objection(self.url),
            url=self.url,
            standing=standing_of(self.hub, connection_id),
        )

    def standing(self, connection_id: int) -> ResponseReturnValue:
        """How the visits stand, for a page that shows it; nothing for one that shows just that already."""
        self.row_or_404(connection_id)
        standing = standing_of(self.hub, connection_id)
        if request.args.get("shown") == standing.digest:
            return "", 204
        return render_template("qbdesktop/standing.html", standing=standing, connection_id=connection_id)

    def save(self, connection_id: int) -> ResponseReturnValue:
        """Other settings; the schedule reaches the Web Connector with the next .qwc file."""
        row = self.row_or_404(connection_id)
        typed = {name: request.form.get(name, "") for name in QuickBooksSettings.model_fields}
        try:
            settings = QuickBooksSettings.model_validate(typed)
        except ValidationError as error:
            said = {str(e["loc"][0]): e["msg"].removeprefix("Value error, ") for e in error.errors()}
            return self.page(connection_id, errors=said, typed=typed), 422
        with self.hub.store.write() as db:
            change = sa.update(_CONNECTION).where(_CONNECTION.c.id == connection_id)
            stored = sa.type_coerce(settings.model_dump(mode="json"), sa.JSON())
            db.execute(change.values(settings=stored))
            self.hub.audit(db, actor(), "changed the settings of", row.name, connection=connection_id)
        flash("The settings are saved. If you changed the minutes, download the .qwc file and add it again.", "success")
        return self.back(connection_id)

    def file(self, connection_id: int) -> Response:
        """The .qwc file."""
        row = self.row_or_404(connection_id)
        connector = self.connectors.made(connection_id)
        content = qwc.file(
            url=self.url,
            user_name=connector.user_name,
            owner_id=connector.owner_id,
            file_id=connector.file_id,
            minutes=QuickBooksSettings.model_validate(row.settings).minutes,
        )
        answer = Response(content, content_type="application/octet-stream")
        answer.headers["Content-Disposition"] = f'attachment; filename="{connector.user_name}.qwc"'
        return answer

    def password(self, connection_id: int) -> ResponseReturnValue:
        """Another password, shown on the answer alone."""
        self.row_or_404(connection_id)
        self.connectors.made(connection_id)
        return self.page(connection_id, password=self.connectors.new_password(connection_id, actor()))

    def confirm(self, connection_id: int) -> ResponseReturnValue:
        """The person who looks at the page says that the company file they see there is the right one."""
        self.row_or_404(connection_id)
        connector = self.connectors.of(connection_id)
        seen = Company.load(connector.seen) if connector else None
        if connector is None or seen is None or request.form.get("seen") != connector.seen:
            flash("Another company file was opened meanwhile. Look at it again.", "danger")
        elif "twice" not in request.form and self.connectors.confirmed_elsewhere(connection_id, seen):
            flash("Another entity writes to this company file already. Tick that you want both, or leave it.", "danger")
        else:
            self.connectors.confirm(connection_id, connector.seen, actor())
            flash("The company file is confirmed. From the next visit on, the hub writes to it.", "success")
        return self.back(connection_id)

    def new_ids(self, connection_id: int) -> ResponseReturnValue:
        """Other ids, for a company file that refuses the present ones."""
        self.row_or_404(connection_id)
        self.connectors.made(connection_id)
        self.connectors.new_ids(connection_id, actor())
        flash(
            "The file has new ids. Remove the entry in the Web Connector, download the .qwc file and add it.",
            "success",
        )
        return self.back(connection_id)

    def back(self, connection_id: int) -> ResponseReturnValue:
        """To the page again."""
        return redirect(url_for("qbdesktop.connection", connection_id=connection_id), 303)


def blueprint(hub: Hub) -> Blueprint:
    """The pages. The hub links to ``connection`` from the entity, and shows ``standing`` there."""
    desktop = Desktop(hub)
    pages = Blueprint(NAME, __name__, url_prefix="/qbdesktop/entities/<int:connection_id>", template_folder="templates")

    @pages.get("/")
    @needs(Right.MANAGE_ENTITIES)
    def connection(connection_id: int) -> ResponseReturnValue:
        return desktop.page(connection_id)

    @pages.get("/standing")
    def standing(connection_id: int) -> ResponseReturnValue:
        return desktop.standing(connection_id)

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
        return desktop.password(connection_id)

    @pages.post("/company")
    @needs(Right.MANAGE_ENTITIES)
    def confirm(connection_id: int) -> ResponseReturnValue:
        return desktop.confirm(connection_id)

    @pages.post("/new-ids")
    @needs(Right.MANAGE_ENTITIES)
    def new_ids(connection_id: int) -> ResponseReturnValue:
        return desktop.new_ids(connection_id)

    return pages
