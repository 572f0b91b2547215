"""The catalogue of causes: every problem that the documentation describes, to be searched by code or by words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hub.web.forms import looked_for

pages = Blueprint("causes", __name__)

_CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Cause:
    """One sort of problem, as the documentation explains it; several codes may share an explanation."""

    subject: str
    codes: tuple[str, ...]
    text: str

    def fits(self, words: str) -> bool:
        """Whether every word occurs in it."""
        whole = f"{self.subject} {' '.join(self.codes)} {self.text}".casefold()
        return all(word in whole for word in words.casefold().split())


@pages.get("/attention/causes")
def show() -> ResponseReturnValue:
    """The cause of the code that was asked for, or those that fit the words."""
    text = looked_for(request.args)
    exact = [cause for cause in causes() if text in cause.codes]
    found = exact or [cause for cause in causes() if cause.fits(text)]
    return render_template("causes.html", causes=found, text=text)


@cache
def causes() -> tuple[Cause, ...]:
    """Every cause, in the order of the documentation."""
    return tuple(_parsed(files("hub.web").joinpath("problems.md").read_text(encoding="utf-8")))


def _parsed(page: str) -> Iterator[Cause]:
    subject = ""
    for part in re.split(r"^(?=##)", page, flags=re.MULTILINE):
        heading, _, text = part.partition("\n")
        level, _, title = heading.partition(" ")
        if level == "##":
            subject = title.strip()
        codes = tuple(each.strip() for each in title.replace("`", "").split(","))
        if level == "###" and all(_CODE.fullmatch(code) for code in codes):
            yield Cause(subject, codes, " ".join(text.replace("`", "").replace("*", "").split()))
