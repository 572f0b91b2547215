"""Charts as SVG images, drawn here, so that no page needs a script for them.

A chart is an image of an address of its own. It has no script, and its style sheet is named by its hash in the answer's
content security policy, so that it may be opened by itself too.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from math import ceil, floor
from typing import Any, Literal

import pygal  # type: ignore[import-untyped]
from flask import Response
from pygal.style import Style  # type: ignore[import-untyped]

# pygal hooks into all imports by a protocol that Python 3.12 dropped; whoever asks every hook stumbles over it. It is
# for plugins with maps, of which the hub has none.
sys.meta_path[:] = [hook for hook in sys.meta_path if not isinstance(hook, pygal.PluginImportFixer)]

Theme = Literal["light", "dark"]

FONT = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif"
INK = {"light": "#212529", "dark": "#dee2e6"}
GUIDE = {"light": "#ced4da", "dark": "#495057"}
COLOURS = {
    "light": ("#0a58ca", "#8a8d91", "#b02a37"),
    "dark": ("#6ea8fe", "#adb5bd", "#ea868f"),
}
"""Told apart by lightness too: first, second and third series. Each has a contrast of 3 to 1 with the page."""

KEPT = 32
"""So many pictures are kept: drawing one takes far longer than sending it."""

SMALL = 20
"""Where all of a waterfall is less than this, its axis says cents: whole numbers would come twice."""

FINE = Decimal("0.1")
"""Where all of it is less than this, its axis names the cents themselves."""

_SCRIPT = re.compile(rb"<script\b.*?</script>", re.DOTALL)
_STYLE = re.compile(rb"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_SIZE = {"width": 720, "height": 260}


def stacked_bars(
    theme: Theme, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]], *, shown: int = 5
) -> bytes:
    """Bars that add up, one for each label, of which every ``shown``-th is written."""
    return _stacked_bars(theme, tuple(labels), tuple((name, tuple(values)) for name, values in series), shown)


@lru_cache(maxsize=KEPT)
def _stacked_bars(
    theme: Theme, labels: tuple[str, ...], series: tuple[tuple[str, tuple[int, ...]], ...], shown: int
) -> bytes:
    chart = pygal.StackedBar(**_options(theme), legend_at_bottom=True, legend_at_bottom_columns=len(series))
    chart.x_labels = list(labels)
    chart.x_labels_major = list(labels)[::shown]
    chart.show_minor_x_labels = False
    for name, values in series:
        chart.add(name, list(values))
    return _without_script(chart.render())


def bars(theme: Theme, labels: Sequence[str], name: str, values: Sequence[Decimal]) -> bytes:
    """One bar for each label; what is drawn needs no more than a float's precision."""
    return _bars(theme, tuple(labels), name, tuple(values))


@lru_cache(maxsize=KEPT)
def _bars(theme: Theme, labels: tuple[str, ...], name: str, values: tuple[Decimal, ...]) -> bytes:
    chart = pygal.Bar(**_options(theme), show_legend=False, value_formatter=lambda value: f"{value:,.0f}")
    chart.x_labels = list(labels)
    chart.add(name, [float(value) for value in values])
    return _without_script(chart.render())


def waterfall(theme: Theme, steps: Sequence[tuple[str, Decimal]], total: tuple[str, Decimal]) -> bytes:
    """Bars that each begin where the one before ended, and one for where the last one ends."""
    return _waterfall(theme, tuple(steps), total)


@lru_cache(maxsize=KEPT)
def _waterfall(theme: Theme, steps: tuple[tuple[str, Decimal], ...], total: tuple[str, Decimal]) -> bytes:
    more, whole, less = COLOURS[theme]
    options = _options(theme)
    # The bars stand on ones that can't be seen; one that crosses zero has a part on either side of it.
    options["style"].colors = ("transparent", "transparent", more, more, less, less, whole)
    largest = max(abs(amount) for _, amount in (*steps, total))
    written = "{:,.0f}" if largest >= SMALL else "{:,.2f}"
    chart = pygal.StackedBar(**options, show_legend=False, x_label_rotation=25, value_formatter=written.format)
    chart.x_labels = [name for name, _ in (*steps, total)]
    bars_, level = [], Decimal(0)
    for _, amount in steps:
        bars_.append(_hanging(level, level + amount, 0 if amount > 0 else 1))
        level += amount
    bars_.append(_hanging(Decimal(0), total[1], 2))
    if largest < FINE:
        chart.y_labels = _cents([*accumulate((amount for _, amount in steps), initial=Decimal(0)), total[1]])
    for number in range(7):
        chart.add("", [row[number] for row in bars_])
    return _without_script(chart.render())


def _cents(levels: Sequence[Decimal]) -> list[float]:
    """Every cent from the lowest level to the highest, so that none is written twice."""
    low, high = floor(min(levels) * 100), ceil(max(levels) * 100)
    return [cent / 100 for cent in range(low, high + 1)]


def _hanging(start: Decimal, end: Decimal, sort: int) -> list[float | None]:
    """One bar from one level to another: what it stands on above and below zero, and its parts above and below.

    ``sort`` says which colour it has: 0 for more, 1 for less, 2 for the whole, which begins at zero.
    """
    low, high = min(start, end), max(start, end)
    above, below = max(low, Decimal(0)), min(high, Decimal(0))
    parts: list[float | None] = [float(above) or None, float(below) or None, None, None, None, None, None]
    if sort == 2:
        parts[6] = float(end)
        return parts
    parts[2 + 2 * sort] = float(max(high, Decimal(0)) - above) or None
    parts[3 + 2 * sort] = float(min(low, Decimal(0)) - below) or None
    return parts


def answer(svg: bytes) -> Response:
    """The image, with a policy that allows its own style sheet and nothing else."""
    hashes = " ".join(f"'sha256-{_hash(found)}'" for found in _STYLE.findall(svg))
    response = Response(svg, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src {hashes}; frame-ancestors 'none'"
    return response


def _options(theme: Theme) -> dict[str, Any]:
    ink = INK[theme]
    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground=ink,
        foreground_strong=ink,
        foreground_subtle=GUIDE[theme],
        guide_stroke_color=GUIDE[theme],
        major_guide_stroke_color=GUIDE[theme],
        colors=COLOURS[theme],
        font_family=FONT,
        label_font_size=13,
        major_label_font_size=13,
        legend_font_size=14,
        opacity=1,
        opacity_hover=1,
        transition="0s",
    )
    # No script, no tooltip, nothing that moves: whatever it says, the table beside it says too.
    return {
        "js": [],
        "style": style,
        "truncate_label": -1,
        "margin": 8,
        "spacing": 6,
        "no_prefix": True,
        **_SIZE,
    }


def _without_script(svg: bytes) -> bytes:
    """Pygal writes its settings into a script, for a library that we do not load, and hides its tooltip by a style."""
    return _SCRIPT.sub(b"", svg).replace(b' style="opacity: 0"', b' opacity="0"')


def _hash(sheet: bytes) -> str:
    """The hash of a style sheet as a browser sees it, with the entities of the markup resolved."""
    text = sheet.replace(b"&gt;", b">").replace(b"&lt;", b"<").replace(b"&quot;", b'"').replace(b"&amp;", b"&")
    return base64.b64encode(hashlib.sha256(text).digest()).decode()
