"""``hub users``: for whoever has the machine, when somebody is locked out."""

from __future__ import annotations

import click
import sqlalchemy as sa

from hub.cli.output import json_option, print_json, print_table
from hub.cli.workplace import Workplace, pass_workplace
from hub.errors import SettingsError
from hub.models import PersonRow, table

people = table(PersonRow)

COLUMNS = ("email", "first_name", "last_name", "sort", "owner", "active", "last_signed_in_at")


@click.group()
def users() -> None:
    """People who can sign in: list them, add an owner, reset a password.

    \b
    Example:  hub users list

    On trouble: whoever can run these has the database and the keys anyway; each act is noted in the audit.
    """


@users.command("list")
@json_option
@pass_workplace
def list_all(workplace: Workplace, as_json: bool) -> None:
    """Show everybody who can sign in.

    \b
    Example:  hub users list

    On trouble: an empty list means that the first visitor of the pages is asked to become the owner.
    """
    chosen = sa.select(*(people.c[name] for name in COLUMNS)).order_by(people.c.owner.desc(), people.c.email)
    with workplace.hub.store.read() as db:
        found = db.execute(chosen).all()
    if as_json:
        print_json([dict(row._mapping) for row in found])
        return
    rows = [
        (row.email, f"{row.first_name} {row.last_name}", "owner" if row.owner else row.sort, _state(row))
        for row in found
    ]
    print_table(("e-mail", "name", "sort", "last sign-in"), rows, empty="Nobody yet. Open the pages to set up.")


@users.command("add-owner")
@click.argument("email")
@click.option("--first-name", prompt=True, help="Their first name.")
@click.option("--last-name", prompt=True, help="Their last name.")
@click.password_option(help="Asked for twice when it is left out, which keeps it out of the shell's history.")
@pass_workplace
def add_owner(workplace: Workplace, email: str, first_name: str, last_name: str, password: str) -> None:
    """Add an owner, who sees and may do everything.

    \b
    Example:  hub users add-owner olga@example.com

    On trouble: an e-mail that is taken and a password that is easy to guess are refused, and nothing is changed.
    """
    from hub.accounts import roster  # the sign-in's libraries, which no other command needs
    from hub.accounts.roster import Name

    _check(password, email, first_name, last_name)
    roster.add_owner(workplace.hub, Name(first_name, last_name, email), password, workplace.actor)
    click.echo(f"{email} is an owner now and can sign in.")


@users.command("reset")
@click.argument("email")
@click.option("--keep-two-factor", is_flag=True, help="Leave two-factor sign-in on: only the password was lost.")
@click.password_option(help="Asked for twice when it is left out, which keeps it out of the shell's history.")
@pass_workplace
def reset(workplace: Workplace, email: str, keep_two_factor: bool, password: str) -> None:
    """Set another password for somebody locked out, and switch their two-factor sign-in off.

    They are signed out everywhere.

    \b
    Examples:  hub users reset olga@example.com
               hub users reset olga@example.com --keep-two-factor

    On trouble: an e-mail that nobody signs in with and a password that is easy to guess are refused.
    """
    from hub.accounts import roster  # the sign-in's libraries, which no other command needs

    _check(password, email)
    hub, actor = workplace.hub, workplace.actor
    roster.set_password(hub, email, password, actor=actor, forget_factor=not keep_two_factor)
    click.echo(f"{email} signs in with the new password from now on.")


def _check(password: str, *about: str) -> None:
    from hub.accounts import passwords

    if objection := passwords.objection(password, about):
        raise SettingsError(objection)


def _state(row: sa.Row[tuple[object, ...]]) -> str:
    if not row.active:
        return "deactivated"
    return row.last_signed_in_at.strftime("%Y-%m-%d %H:%M UTC") if row.last_signed_in_at else "never"
