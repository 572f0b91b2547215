"""Links as sheets: exported harmless, imported only after a look at what would change."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from furnishing import set_up_once
from houses import House, called, contact, put
from python_calamine import CalamineWorkbook
from visitors import Seen, Visitor, visitor

from hub.documents import Kind
from hub.errors import SettingsError
from hub.models import AuditEvent, ContactSheet, FlowMode, table
from hub.store import Store
from hub.vault import Vault
from hub.web.sheets import LARGEST_FILE, MOST_ROWS, harmless, read_sheet, write_csv, write_xlsx
from hub.web.wording import amount

FORMULA = '=HYPERLINK("http://evil.test","click")'


@pytest.fixture
@set_up_once
def house(store: Store, vault: Vault) -> House:
    house = called(store, vault)
    put(house, contact("linked", "Linked Ltd"), contact("-1", "Minus"))
    house.sync()
    house.set_flow(Kind.CONTACT, FlowMode.REVIEW)
    house.books.add(Kind.CONTACT, name="Target")
    house.books.archive(house.books.add(Kind.CONTACT, name="Gone"))
    put(house, contact("c1", FORMULA), contact("c2", "Two"), contact("c3", "Three"), contact("c4", "Four"))
    house.sync()
    return house


@pytest.fixture
def seen(house: House) -> Visitor:
    return visitor(house)


def place(house: House, rest: str) -> str:
    return f"/integrations/{house.integration_id}/contacts{rest}"


def target(house: House, name: str) -> str:
    return next(entry.id for entry in house.books.entries.values() if entry.native.get("name") == name)


def linked(house: House) -> dict[str, str]:
    return {row.source_id: row.target_id for row in house.links() if row.kind == "contact"}


def send(seen: Visitor, house: House, content: bytes, name: str = "links.csv") -> Seen:
    data: dict[str, Any] = {"csrf_token": seen.token(), "sheet": (io.BytesIO(content), name)}
    answer = seen.client.post(place(house, "/import"), data=data, content_type="multipart/form-data")
    if answer.status_code == 303:
        return seen.get(answer.headers["Location"])
    return Seen(answer.status_code, answer.get_data(as_text=True), dict(answer.headers))


def sheet(*rows: tuple[str, ...]) -> bytes:
    return b"".join(write_csv(("Source id", "Ledger id", "Action", "Reason"), rows))


def exported(seen: Visitor, path: str) -> list[dict[str, str]]:
    content = seen.client.get(path).get_data()
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


# -- export --------------------------------------------------------------------------------------------------------


def test_links_are_exported_and_no_value_is_a_formula(seen: Visitor, house: House) -> None:
    rows = {row["Source id"]: row for row in exported(seen, place(house, "/export?form=csv"))}
    assert list(rows) == ["'-1", "c1", "c2", "c3", "c4", "linked"]
    assert rows["c1"]["Name"] == f"'{FORMULA}"
    assert (rows["linked"]["Ledger id"], rows["linked"]["State"]) == (linked(house)["linked"], "linked")
    content = seen.client.get(place(house, "/export?form=xlsx")).get_data()
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in read] == ["Source id", *rows]


def test_the_contacts_of_the_ledger_are_exported_with_their_links(seen: Visitor, house: House) -> None:
    rows = {row["Name"]: row for row in exported(seen, place(house, "/export?form=csv&what=ledger"))}
    assert rows["Linked Ltd"]["Linked source ids"] == "linked"
    assert (rows["Target"]["Ledger id"], rows["Gone"]["Active"]) == (target(house, "Target"), "no")


# -- import --------------------------------------------------------------------------------------------------------


def test_a_sheet_shows_what_it_would_change_before_anything_does(seen: Visitor, house: House) -> None:
    content = sheet(
        ("c1", target(house, "Target"), "LINK", ""),
        ("linked", "", "unlink", "mixed up"),
        ("c2", "", "create", ""),
        ("c3", "", "ignore", "samples"),
        ("c4", "", "", ""),
    )
    before = linked(house)
    page = send(seen, house, content)
    assert (page.status, page.faults) == (200, [])
    assert "4 changes" in page.text
    assert "1 row without an action" in page.text
    for words in ("Link to Target", "Unlink from Linked Ltd", "Create as new", "Ignore: samples"):
        assert words in page.text
    assert linked(house) == before
    answer = seen.follow(place(house, "/import/apply"), {"sheet": page.value("sheet")})
    assert "4 contacts changed as the sheet says" in answer.text
    house.run_ledger()
    after = linked(house)
    assert ("linked" in after, after["c1"], "c2" in after) == (False, target(house, "Target"), True)
    with house.hub.store.read() as db:
        events = table(AuditEvent)
        assert db.execute(sa.select(events.c.subject).where(events.c.what == "imported links")).all()
        assert db.execute(sa.select(table(ContactSheet))).all() == []
    assert seen.post(place(house, "/import/apply"), {"sheet": page.value("sheet")}).status == 404


def test_rows_that_can_not_be_carried_out_say_why_and_are_left_out(seen: Visitor, house: House) -> None:
    content = sheet(
        ("nobody", "", "create", ""),
        ("c1", "nowhere", "link", ""),
        ("c2", target(house, "Gone"), "link", ""),
        ("c3", "", "link", ""),
        ("c4", "", "delete", ""),
        ("linked", linked(house)["linked"], "link", ""),
        ("-1", "", "unlink", ""),
        ("c5", "", "ignore", ""),
        ("c5", "", "create", ""),
    )
    page = send(seen, house, content)
    for words in (
        "not in the stock system",
        "The ledger has no such contact",
        "archived in the ledger",
        "The ledger id is missing",
        "'delete' is no action",
        "linked to this contact already",
    ):
        assert words in page.text
    assert "1 change: 1 to unlink" in page.text
    assert "8 rows can't be carried out" in page.text
    seen.follow(place(house, "/import/apply"), {"sheet": page.value("sheet")})
    assert linked(house).keys() == {"linked"}


def test_what_changed_since_the_look_is_judged_anew(seen: Visitor, house: House) -> None:
    page = send(seen, house, sheet(("c1", target(house, "Target"), "link", "")))
    house.books.archive(target(house, "Target"))
    house.run_ledger()
    answer = seen.follow(place(house, "/import/apply"), {"sheet": page.value("sheet")})
    assert "Nothing was changed" in answer.text
    assert "c1" not in linked(house)


def test_an_exported_sheet_comes_back_as_it_went(seen: Visitor, house: House) -> None:
    titles = ("Source id", "Ledger id", "Action")
    with write_xlsx(titles, [("-1", "", "unlink")]) as file:
        page = send(seen, house, file.read(), "links.xlsx")
    assert "Unlink from Minus" in page.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no column named Source id"),
        (b"Name;Action\nx;link\n", "no column named Source id"),
        (b"PK\x03\x04 broken", "can't be opened"),
        (b"\xd0\xcf\x11\xe0 old", "old form"),
        (b"Source id,Action\n\xff\xfe,link\n", "Save it as XLSX"),
        (b"x" * (LARGEST_FILE + 1), "larger than 4 MB"),
        (b"Source id,Action\n" + b"a,link\n" * (MOST_ROWS + 1), "more than 20,000 rows"),
    ],
)
def test_a_file_that_can_not_be_read_is_explained(content: bytes, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_sheet("links.csv", content, ("Source id", "Action"), ("Source id", "Action"))


def test_a_spreadsheet_that_unpacks_to_far_more_is_not_opened() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", b"0" * (65 * 1024 * 1024))
    with pytest.raises(SettingsError, match="far more"):
        read_sheet("bomb.xlsx", packed.getvalue(), ("Source id",), ("Source id",))


def test_a_wrong_file_and_no_file_are_told_on_the_form(seen: Visitor, house: House) -> None:
    page = send(seen, house, b"Name\nx\n")
    assert (page.status, page.faults) == (422, [])
    assert "Nothing was changed" in page.text
    assert "choose a file" in seen.post(place(house, "/import")).text


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_signs_that_begin_a_formula_are_taken_from_them(value: str) -> None:
    assert harmless(value) == f"'{value}"
    content = b"".join(write_csv(("Source id",), [(value,)]))
    assert read_sheet("x.csv", content, ("Source id",), ("Source id",)) == [["2", value]]


def test_semicolons_numbers_and_blank_lines_are_read() -> None:
    content = b"Action;source ID\nlink;12\n;\nunlink;13\n"
    rows = read_sheet("x.csv", content, ("Source id", "Action", "Reason"), ("Source id",))
    assert rows == [["2", "12", "link", ""], ["4", "13", "unlink", ""]]


def test_a_zero_has_no_sign_on_pages_nor_in_sheets() -> None:
    assert [amount(each, "GBP") for each in ("-0", "-0.00", Decimal("-0E+2"))] == ["0.00 GBP"] * 3
    content = b"".join(write_csv(("Difference",), [(Decimal("-0.00"),), (Decimal("-0.01"),)]))
    assert content.decode("utf-8-sig").split() == ["Difference", "0.00", "-0.01"]
