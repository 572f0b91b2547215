"""One request of a message set, carried out on a company file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from .. import statuses
from ..answers import Answer, nothing, refused, warned
from ..faults import Faults
from ..qbxml import reading, values
from ..qbxml.checking import Checker
from ..qbxml.grammar import load
from ..qbxml.reading import Fields
from ..qbxml.tree import Element
from ..statuses import StatusError
from . import about, extensions, filters, lists, queries, writing
from .file import Company
from .iterators import Iterators
from .kinds import AREAS, LISTS, TRANSACTIONS
from .ledger import balances
from .records import Entry, Transaction
from .views import Views

_VERBS = re.compile(r"(?P<subject>\w+?)(?P<verb>Add|Mod|Query|Void|Del)Rq")


@dataclass
class Application:
    """Who asks: the application's name, and what this session may do."""

    name: str
    read_only: bool = False
    version: str = "13.0"
    country: str = "US"
    mode: str = "MultiUser"


class Requests:
    """Carries out the requests of one session."""

    def __init__(self, company: Company, application: Application, iterators: Iterators, faults: Faults) -> None:
        self.company = company
        self.application = application
        self.iterators = iterators
        self.faults = faults
        self.macros: dict[str, str] = {}
        self.grammar = load("requests")

    def run(self, request: Element) -> Answer:
        """The answer to a request that is in order. Nothing of a refused request is saved."""
        name = request.tag[:-2]
        planted = self.faults.take("status", text=_text(request))
        if planted and not planted.params.get("saved"):
            return refused(_planted(planted.params))
        try:
            self._check_values(request)
            self._check_permission(name)
            reply = self._dispatch(request)
        except StatusError as problem:
            reply = refused(problem)
            reply.objects = self._current(problem.current)
        if planted:
            reply.code, reply.message = int(planted.params["code"]), str(planted.params.get("message", ""))
            reply.level = str(planted.params.get("severity", ""))
        return reply

    # ------------------------------------------------------------------ checks

    def _check_values(self, request: Element) -> None:
        """Values that the parser let through (switch `value_errors`) are refused here, the first one."""
        checker = Checker(self.grammar)
        checker.check(request, request.tag)
        if len(request.attributes.get("requestID", "")) > 50:
            raise StatusError(1060, "The requestID is longer than 50 characters.")
        for wrong in checker.wrong:
            if wrong.type == "words":
                raise StatusError(3110, f'The enumerated value "{wrong.text}" in the field "{wrong.field}" is unknown.')
            if values.longest(wrong.type) is not None:
                raise statuses.too_long(wrong.text, wrong.field)
            raise statuses.wrong_value(values.STATUSES.get(wrong.type, 3030), wrong.text, wrong.field)

    def _check_permission(self, name: str) -> None:
        preferences = self.company.preferences
        match = _VERBS.fullmatch(f"{name}Rq")
        if match is None or match["verb"] == "Query":
            return
        if self.application.read_only or self.application.name in preferences.read_only:
            raise statuses.read_only()
        for area in preferences.forbidden:
            if match["subject"] in AREAS[area]:
                raise statuses.not_permitted()

    # ------------------------------------------------------------------ what to do

    def _dispatch(self, request: Element) -> Answer:
        name = request.tag[:-2]
        special: dict[str, Callable[[Fields], Answer]] = {
            "HostQuery": self._host,
            "CompanyQuery": self._about_company,
            "PreferencesQuery": self._preferences,
            "TxnVoid": self._void,
            "TxnDel": self._delete_transaction,
            "ListDel": self._delete_entry,
            "TxnDeletedQuery": self._deleted,
            "ListDeletedQuery": self._deleted,
            "DataExtAdd": self._put_extension,
            "DataExtMod": self._put_extension,
            "DataExtDel": self._delete_extension,
            "DataExtDefAdd": self._define_extension,
            "DataExtDefQuery": self._definitions,
            "TemplateQuery": lambda asked: nothing(),
            "InventorySiteQuery": lambda asked: refused(statuses.feature_off("multiple inventory sites")),
        }
        self._use_macros(request)
        asked: Fields = reading.read(request, request.tag, self.grammar)
        if name in special:
            return special[name](asked)
        if name.endswith("Query"):
            return queries.answer(
                queries.Query(self.company, self.iterators, self.views, name, request.attributes, asked)
            )
        return self._write(request, asked)

    def _use_macros(self, request: Element) -> None:
        """useMacro stands for the id of something that was added earlier in the set."""
        for element in request.walk():
            macro = element.attributes.get("useMacro")
            if macro is not None:
                if macro not in self.macros:
                    raise statuses.not_found(macro)
                element.text = self.macros[macro]

    def _write(self, request: Element, asked: Fields) -> Answer:
        body = request.children[0]
        kind, verb = body.tag[:-3], body.tag[-3:]
        raw: Fields = asked[body.tag]
        record: Entry | Transaction
        if kind in LISTS:
            record, left_out = (lists.add if verb == "Add" else lists.modify)(self.company, kind, raw)
        else:
            lines = reading.lines(body, body.tag, self.grammar)
            change = writing.add if verb == "Add" else writing.modify
            record, left_out = change(self.company, kind, raw, lines)
        if macro := body.attributes.get("defMacro"):
            self.macros[macro] = record.list_id if isinstance(record, Entry) else record.txn_id
        reply = warned(left_out) if left_out else Answer()
        if isinstance(record, Entry) or record.txn_id:
            reply.objects = [self._shown(record, frozenset(asked.get("IncludeRetElement", [])))]
        return reply

    @property
    def views(self) -> Views:
        # Balances are worked out once for an answer, and only when an account is shown.
        return Views(self.company, cache(partial(balances, self.company)))

    def _shown(self, record: Entry | Transaction, only: frozenset[str] = frozenset()) -> Element:
        if isinstance(record, Entry):
            return self.views.entry(record, only)
        return self.views.transaction(record, only=only)

    def _current(self, record: object) -> list[Element]:
        return [self._shown(record)] if isinstance(record, Entry | Transaction) else []

    # ------------------------------------------------------------------ the special ones

    def _host(self, asked: Fields) -> Answer:
        application = self.application
        only = _only(asked)
        shown = about.host(self.company, application.version, application.country, application.mode, only)
        return Answer(objects=[shown])

    def _about_company(self, asked: Fields) -> Answer:
        owners = tuple(asked.get("OwnerID", []))
        return Answer(objects=[about.about_company(self.company, owners, _only(asked))])

    def _preferences(self, asked: Fields) -> Answer:
        return Answer(objects=[about.preferences(self.company, self.application.name, _only(asked))])

    def _void(self, asked: Fields) -> Answer:
        kind = self._simulated(asked["TxnVoidType"])
        transaction = writing.void(self.company, kind, asked["TxnID"])
        moments = self.company.moments
        return Answer(
            objects=[
                Element("TxnVoidType", kind),
                Element("TxnID", transaction.txn_id),
                Element("TimeCreated", moments.text(transaction.created)),
                Element("TimeModified", moments.text(transaction.modified)),
                *_number(transaction),
            ]
        )

    def _simulated(self, kind: str) -> str:
        if kind not in TRANSACTIONS and kind not in LISTS:
            raise statuses.not_simulated(kind)
        return kind

    def _delete_transaction(self, asked: Fields) -> Answer:
        kind = self._simulated(asked["TxnDelType"])
        transaction = writing.delete(self.company, kind, asked["TxnID"])
        return self._gone("TxnDelType", kind, "TxnID", transaction.txn_id, *_number(transaction))

    def _delete_entry(self, asked: Fields) -> Answer:
        kind = self._simulated(asked["ListDelType"])
        full_name = self.company.entries.get(asked["ListID"])
        shown = self.company.full_name(full_name) if full_name else ""
        entry = lists.delete(self.company, kind, asked["ListID"])
        return self._gone("ListDelType", kind, "ListID", entry.list_id, Element("FullName", shown))

    def _gone(self, type_tag: str, kind: str, id_tag: str, object_id: str, *more: Element) -> Answer:
        gone, moments = self.company.deleted[object_id], self.company.moments
        return Answer(
            objects=[
                Element(type_tag, kind),
                Element(id_tag, object_id),
                Element("TimeDeleted", moments.text(gone.deleted)),
                *more,
            ]
        )

    def _deleted(self, asked: Fields) -> Answer:
        """What was deleted of some kinds, within a range of time."""
        is_list = "ListDelType" in asked
        kinds = asked["ListDelType" if is_list else "TxnDelType"]
        between = asked.get("DeletedDateRangeFilter") or {}
        moments = self.company.moments
        since = filters.moment(moments, between, "FromDeletedDate", end=False)
        until = filters.moment(moments, between, "ToDeletedDate", end=True)
        found = [
            gone
            for gone in self.company.deleted
            if gone.is_list == is_list
            and gone.kind in kinds
            and (since is None or moments.local(gone.deleted) >= since)
            and (until is None or moments.local(gone.deleted) <= until)
        ]
        names = ("ListDelType", "ListID", "FullName") if is_list else ("TxnDelType", "TxnID", "RefNumber")
        rows = [
            {
                **dict(zip(names, (gone.kind, gone.object_id, gone.name), strict=True)),
                "TimeCreated": gone.created,
                "TimeDeleted": gone.deleted,
            }
            for gone in found
        ]
        tag = "ListDeletedRet" if is_list else "TxnDeletedRet"
        render = self.views.renderer.element
        return Answer(objects=[render(tag, row, _only(asked)) for row in rows]) if rows else nothing()

    def _put_extension(self, asked: Fields) -> Answer:
        raw = next(iter(asked.values()))
        extension = extensions.put(self.company, raw)
        fields = {
            "OwnerID": extension.owner_id,
            "DataExtName": extension.name,
            "DataExtType": extension.type,
            "DataExtValue": extension.value,
        }
        return Answer(objects=[self.views.renderer.element("DataExtRet", fields)])

    def _delete_extension(self, asked: Fields) -> Answer:
        extensions.delete(self.company, asked["DataExtDel"])
        return Answer()

    def _define_extension(self, asked: Fields) -> Answer:
        definition = extensions.define(self.company, asked["DataExtDefAdd"])
        return Answer(objects=[self._shown_definition(definition.owner_id, definition.name)])

    def _shown_definition(self, owner: str, name: str) -> Element:
        definition = self.company.definitions[f"{owner}/{name}"]
        fields: Fields = {
            "OwnerID": owner,
            "DataExtID": definition.number,
            "DataExtName": name,
            "DataExtType": definition.type,
            "AssignToObject": definition.assigned_to,
            "DataExtListRequire": False,
            "DataExtTxnRequire": False,
            "DataExtFormatString": "",
        }
        return self.views.renderer.element("DataExtDefRet", fields)

    def _definitions(self, asked: Fields) -> Answer:
        owners = asked.get("OwnerID")
        found = [each for each in self.company.definitions if owners is None or each.owner_id in owners]
        shown = [self._shown_definition(each.owner_id, each.name) for each in found]
        return Answer(objects=shown) if shown else nothing()


def _only(asked: Fields) -> frozenset[str]:
    return frozenset(asked.get("IncludeRetElement", []))


def _number(transaction: Transaction) -> list[Element]:
    number = transaction.fields.get("RefNumber")
    return [Element("RefNumber", str(number))] if number else []


def _text(request: Element) -> str:
    """A request as one line, for the patterns of faults: its name and its texts."""
    return " ".join([request.tag, *(f"{each.tag}={each.text}" for each in request.walk() if each.text)])


def _planted(params: dict[str, object]) -> StatusError:
    code = int(str(params["code"]))
    return StatusError(code, str(params.get("message", "")), str(params.get("severity", "")))
