"""Charts as SVG drawn at build time: no script is needed to see them, and they print.

Colours are the page's own variables, so that a chart follows light and dark; no two series differ in hue alone.
"""

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from pipelines.report.parts import Chart

WIDE, NARROW = 690, 300
LABELS = {WIDE: 36, NARROW: 19}  # letters in a line of a label
LABEL_SPACE = {WIDE: 230, NARROW: 122}
LETTER = 12
BAR = 20
INKS = ["var(--ink-1)", "var(--ink-2)", "var(--ink-3)", "var(--ink-4)"]
Rows = Sequence[dict[str, Any]]

CONFIG = {
    "aria": False,
    "background": None,
    "font": "inherit",
    "axis": {
        "domainColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelColor": "currentColor",
        "labelFontSize": LETTER,
        "tickColor": "var(--line)",
        "titleColor": "currentColor",
        "titleFontSize": LETTER,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "currentColor", "labelFontSize": LETTER, "title": None, "orient": "top"},
    "view": {"stroke": None},
}
UNSEEN = re.compile(
    r'<path class="(?:background|foreground)"[^>]*/>|<(text|line)\b[^>]*opacity="0"[^>]*(?:/>|>[^<]*</\1>)'
)
EMPTY = re.compile(r' (?:class|role|aria-\w+|pointer-events|stroke-miterlimit|opacity|xmlns:xlink|version)="[^"]*"')
SIZE = re.compile(r'<svg ([^>]*?)width="(\d+)" height="(\d+)"')
LONG = re.compile(r"\d+\.\d{3,}")


def bars_across(title: str, says: str, rows: Rows, series: Sequence[str], unit: str) -> Chart:
    """Horizontal bars: rows of ``label``, ``series`` and ``value``, in the order given, stacked by series."""
    return _both(title, says, lambda width: _across(rows, series, unit, width))


def bars_up(title: str, says: str, rows: Rows, series: Sequence[str], unit: str) -> Chart:
    """Upright bars in the order given: rows of ``label``, ``series``, ``value``."""
    return _both(title, says, lambda width: _up(rows, series, unit, width))


def _both(title: str, says: str, draw: Any) -> Chart:
    return Chart(title, says, _svg(draw(WIDE)), _svg(draw(NARROW)))


def _across(rows: Rows, series: Sequence[str], unit: str, width: int) -> alt.Chart:
    lines = {row["label"]: textwrap.wrap(row["label"], LABELS[width]) for row in rows}
    deepest = max(map(len, lines.values()), default=1)
    told = [row | {"label": "|".join(lines[row["label"]])} for row in rows]
    axis = alt.Axis(
        labelExpr="split(datum.label, '|')",
        labelLimit=LABEL_SPACE[width],
        minExtent=LABEL_SPACE[width],
        maxExtent=LABEL_SPACE[width],
        title=None,
        ticks=False,
        domain=False,
    )
    return (
        alt.Chart(alt.Data(values=told))
        .mark_bar(height=BAR)
        .encode(
            y=alt.Y("label:N", sort=None, axis=axis),
            x=alt.X("value:Q", axis=_amounts(unit, width)),
            color=_ink(series),
            order=alt.Order("rank:Q"),
        )
        .properties(width=width - LABEL_SPACE[width] - LETTER, height=alt.Step(max(BAR + 10, deepest * 15 + 8)))
    )


def _up(rows: Rows, series: Sequence[str], unit: str, width: int) -> alt.Chart:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    every = -(-len(labels) // (width // 52))
    shown = [label for place, label in enumerate(labels) if (len(labels) - 1 - place) % every == 0]
    axis = alt.Axis(title=None, values=shown, labelAngle=0, labelOverlap=False, ticks=False)
    amounts = alt.Axis(
        title=unit, format="~s", tickCount=4, titleAngle=0, titleAlign="left", titleX=0, titleY=-10,
        titleAnchor="start", domain=False, ticks=False, minExtent=44, maxExtent=44,
    )  # fmt: skip
    return (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_bar()
        .encode(
            x=alt.X("label:N", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.25)),
            y=alt.Y("value:Q", axis=amounts),
            color=_ink(series),
            order=alt.Order("rank:Q"),
        )
        .properties(width=width - 60, height=190)
    )


def _amounts(unit: str, width: int) -> alt.Axis:
    return alt.Axis(title=unit, format="~s", tickCount=6 if width == WIDE else 3, domain=False, ticks=False)


def _ink(series: Sequence[str]) -> alt.Color:
    legend = alt.Legend() if len(series) > 1 else None
    return alt.Color("series:N", scale=alt.Scale(domain=list(series), range=INKS[: len(series)]), legend=legend)


def _svg(chart: alt.Chart) -> str:
    """The drawing without what nobody sees; it takes the width it is given, and letters are those of the page."""
    drawn = vl_convert.vegalite_to_svg(chart.to_dict() | {"config": CONFIG})
    kept = EMPTY.sub("", UNSEEN.sub("", drawn)).replace(' font-family="inherit"', "")
    short = LONG.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), kept)
    return SIZE.sub(r'<svg \1aria-hidden="true" style="max-width:\2px"', short, count=1)
