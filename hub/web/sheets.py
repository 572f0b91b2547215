"""Spreadsheets: tables written as CSV or XLSX that run no formula, and read from either."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]
from python_calamine import CalamineError, CalamineWorkbook

from hub.errors import SettingsError
from hub.web.wording import unsigned_zero

LARGEST_FILE = 4 * 1024 * 1024
LARGEST_UNPACKED = 64 * 1024 * 1024
"""An XLSX is a zip: what is small to send may be huge to open."""
MOST_ROWS = 20_000

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
CSV, XLSX = "csv", "xlsx"
TYPES = {CSV: "text/csv", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


Cell = str | Decimal
"""What a cell holds: text, or an amount that a spreadsheet can add up."""


def write_csv(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The table as CSV, row by row; the mark in front tells spreadsheets that it is UTF-8."""
    yield b"\xef\xbb\xbf"
    yield _csv_line(titles)
    for row in rows:
        yield _csv_line([str(unsigned_zero(each)) if isinstance(each, Decimal) else harmless(each) for each in row])


def _csv_line(row: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(row)
    return line.getvalue().encode()


def harmless(value: str) -> str:
    """A value that a spreadsheet doesn't take for a formula."""
    return f"'{value}" if value.startswith(FORMULA_SIGNS) else value


def write_xlsx(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """The table as an XLSX file of text and amounts, at its beginning; whoever reads it closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - it is handed out open
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(titles):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    sheet.write_number(number, column, unsigned_zero(value), money)
                else:
                    sheet.write_string(number, column, harmless(value))
    file.seek(0)
    return file


def read_sheet(name: str, content: bytes, wanted: Sequence[str], needed: Sequence[str]) -> list[list[str]]:
    """The wanted columns of a CSV or XLSX file, each row led by its line number; found by their titles.

    Raises ``SettingsError`` in plain words for a file that can't be read.
    """
    if len(content) > LARGEST_FILE:
        raise SettingsError(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Cut it into several.")
    lines = _xlsx_lines(content) if content.startswith(b"PK") else _csv_lines(name, content)
    titles = [title.strip().casefold() for title in next(lines, [])]
    missing = [title for title in needed if title.casefold() not in titles]
    if missing:
        raise SettingsError(f"The first row has no column named {' and none named '.join(missing)}.")
    places = [titles.index(title.casefold()) if title.casefold() in titles else -1 for title in wanted]
    rows: list[list[str]] = []
    for number, line in enumerate(lines, start=2):
        values = [_plain(line[place]) if 0 <= place < len(line) else "" for place in places]
        if any(values):
            rows.append([str(number), *values])
        if len(rows) > MOST_ROWS:
            raise SettingsError(f"The sheet has more than {MOST_ROWS:,} rows. Cut it into several.")
    return rows


def _plain(value: str) -> str:
    """A value without the sign that :func:`harmless` put in front of it."""
    value = value.strip()
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_SIGNS) else value


def _csv_lines(name: str, content: bytes) -> Iterator[list[str]]:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise SettingsError(f"{name} is in an old form of spreadsheets. Save it as XLSX or CSV.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{name} is neither XLSX nor CSV in UTF-8. Save it as XLSX.") from None
    first = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise SettingsError(f"{name} can't be read as CSV: {error}.") from None


def _xlsx_lines(content: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED:
                raise SettingsError("The spreadsheet holds far more than a list of contacts. Save the list alone.")
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()
        for row in rows:
            yield [_text(value) for value in row]
    except (CalamineError, zipfile.BadZipFile, IndexError):
        raise SettingsError("The spreadsheet can't be opened: it is damaged, protected or of another kind.") from None


def _text(value: Any) -> str:
    """A cell as it was typed: an id that looks like a number has no decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
