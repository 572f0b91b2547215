"""Custom fields and applications' own values (DataExt), on entries, transactions and the company itself.

OwnerID 0 is a custom field that users see; a GUID is private to an application, which must define it first.
"""

from __future__ import annotations

from .. import statuses
from ..qbxml.reading import Fields, RefText
from .file import Company
from .kinds import ENTITIES, ITEMS
from .records import Extension, ExtensionDefinition
from .references import Resolver

COMPANY = "Company"
_LIST_KINDS = {"Item": ITEMS, **{kind: (kind,) for kind in ("Account", *ENTITIES)}}


def define(company: Company, raw: Fields) -> ExtensionDefinition:
    """DataExtDefAdd. 3100 when the owner has a field of that name already."""
    owner, name = raw["OwnerID"], raw["DataExtName"]
    if find(company, owner, name):
        raise statuses.name_in_use(name)
    number = len(company.definitions) + 1
    assigned = list(raw.get("AssignToObject", []))
    return company.definitions.put(
        f"{owner}/{name}", ExtensionDefinition(number, owner, name, raw["DataExtType"], assigned)
    )


def find(company: Company, owner: str, name: str) -> ExtensionDefinition | None:
    return company.definitions.get(f"{owner}/{name}")


def put(company: Company, raw: Fields) -> Extension:
    """DataExtAdd and DataExtMod. 3120 for a field that is not defined."""
    owner, name = raw["OwnerID"], raw["DataExtName"]
    definition = find(company, owner, name)
    if definition is None:
        raise statuses.not_found(name)
    object_id = _object(company, raw)
    extension = Extension(owner, name, definition.type, object_id, raw["DataExtValue"])
    return company.extensions.put(f"{object_id}/{owner}/{name}", extension)


def delete(company: Company, raw: Fields) -> None:
    """DataExtDel."""
    key = f"{_object(company, raw)}/{raw['OwnerID']}/{raw['DataExtName']}"
    if key not in company.extensions:
        raise statuses.not_found(raw["DataExtName"])
    company.extensions.remove(key)


def _object(company: Company, raw: Fields) -> str:
    """The id of what a value belongs to."""
    if "ListDataExtType" in raw:
        kinds = _LIST_KINDS[raw["ListDataExtType"]]
        text: RefText = raw["ListObjRef"]
        return Resolver(company, "DataExt").reference("ListObjRef", text, kinds).list_id
    if "TxnDataExtType" in raw:
        return company.transaction(raw["TxnID"]).txn_id
    return COMPANY


def company_value(company: Company, owner: str, name: str) -> str:
    """An application's value on the company file; empty when there is none."""
    found = company.extensions.get(f"{COMPANY}/{owner}/{name}")
    return found.value if found else ""


def set_company_value(company: Company, owner: str, name: str, value: str) -> None:
    """What the Web Connector keeps in the file: FileID and AppLock of an application."""
    if find(company, owner, name) is None:
        define(company, {"OwnerID": owner, "DataExtName": name, "DataExtType": "STR255TYPE"})
    put(company, {"OwnerID": owner, "DataExtName": name, "DataExtValue": value})


def remove_company_values(company: Company, owner: str) -> int:
    """Take all values of an application off the company file; how many there were."""
    own = [each for each in company.extensions if (each.object_id, each.owner_id) == (COMPANY, owner)]
    for each in own:
        company.extensions.remove(f"{COMPANY}/{owner}/{each.name}")
    return len(own)
