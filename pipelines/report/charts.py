"""Charts as SVG drawn at build time: no script is needed to see them, and they print.

Colours are the page's own variables, so that a chart follows light and dark; no two series differ in hue alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import vl_convert

from pipelines.report.parts import Chart
from schemas.types import Json

WIDE, NARROW = 690, 300
LABEL_SPACE = 270  # beside bars, at most
LETTER_WIDTH = 7
LABEL_WIDTH = 74  # below bars
LETTER = 12
BAR = 18
ORANGE, BLUE, GREY, TEAL = "var(--ink-1)", "var(--ink-2)", "var(--ink-3)", "var(--ink-4)"
Rows = Sequence[Json]

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


def bars_across(title: str, says: str, rows: Rows, inks: Mapping[str, str], unit: str, axis: str = "") -> Chart:
    """Horizontal bars: rows of ``label``, ``series``, ``value``, ``rank``, in the order given, stacked by rank.

    ``inks``: series in the order of the legend, each with its colour; ``axis``: the unit's name on the page ("": it).
    """
    return _both(title, says, lambda width: _across(rows, inks, unit, axis or unit, width))


def bars_up(title: str, says: str, rows: Rows, inks: Mapping[str, str], unit: str, axis: str = "") -> Chart:
    """Upright bars in the order given; the rest as of bars_across."""
    return _both(title, says, lambda width: _up(rows, inks, unit, axis or unit, width))


def curve(title: str, says: str, rows: Rows, inks: Mapping[str, str], unit: str, along: str) -> Chart:
    """A line for each series over a number: rows of ``point``, ``series``, ``value``; ``along``: what the number is."""
    return _both(title, says, lambda width: _along(rows, inks, unit, along, width))


def _along(rows: Rows, inks: Mapping[str, str], unit: str, along: str, width: int) -> alt.Chart:
    points = sorted({row["point"] for row in rows})
    every = -(-len(points) // (width // LABEL_WIDTH))
    axis = alt.Axis(title=along, values=points[::every], grid=False, ticks=False, labelPadding=8, format=".2f")
    drawn: alt.Chart = (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_line(point=alt.OverlayMarkDef(size=50, filled=True))
        .encode(
            x=alt.X("point:Q", axis=axis, scale=alt.Scale(zero=False)),
            y=alt.Y("value:Q", axis=_amounts(unit, unit)),
            color=_ink(inks),
            strokeDash=alt.StrokeDash("series:N", sort=list(inks), legend=None),
        )
        .properties(width=width - 60, height=190)
    )
    return drawn


def _amounts(unit: str, name: str) -> alt.Axis:
    """The upright axis of a chart."""
    return alt.Axis(
        title=name, labelExpr=_short(unit), tickCount=4, titleAngle=0, titleAlign="left", titleX=0, titleY=-10,
        titleAnchor="start", domain=False, ticks=False, minExtent=44, maxExtent=44,
    )  # fmt: skip


def _both(title: str, says: str, draw: Any) -> Chart:
    return Chart(title, says, _svg(draw(WIDE)), _svg(draw(NARROW)))


def _across(rows: Rows, inks: Mapping[str, str], unit: str, name: str, width: int) -> alt.LayerChart | alt.FacetChart:
    """Labels stand beside the bars; above them where the chart is narrow, so that they need no second line."""
    narrow = width == NARROW
    base = alt.Chart(alt.Data(values=list(rows)))
    space = min(LABEL_SPACE, LETTER_WIDTH * max(len(row["label"]) for row in rows) + LETTER)
    names = alt.Axis(
        title=None, ticks=False, domain=False, labels=not narrow,
        labelLimit=space, minExtent=space, maxExtent=space,
    )  # fmt: skip
    y = alt.Y("label:N", sort=None, axis=None if narrow else names)
    amounts = alt.Axis(title=name, labelExpr=_short(unit), tickCount=3 if narrow else 6, domain=False, ticks=False)
    bars = base.mark_bar(height=BAR, yOffset=LETTER if narrow else 0).encode(
        y=y, x=alt.X("value:Q", axis=amounts), color=_ink(inks), order=alt.Order("rank:Q")
    )
    once = alt.Chart(alt.Data(values=[{"label": label} for label in dict.fromkeys(row["label"] for row in rows)]))
    labels = once.mark_text(align="left", yOffset=-6, fontSize=LETTER, color="currentColor").encode(
        y=y, x=alt.value(0), text="label:N"
    )
    drawn = alt.layer(bars, labels) if narrow else alt.layer(bars)
    return drawn.properties(width=width - (LETTER if narrow else space + LETTER), height=alt.Step(44 if narrow else 30))


def _short(unit: str) -> str:
    """``$300k``, ``1.5k``, ``200``: each figure on its own, nought without a letter."""
    return f"datum.value == 0 ? '0' : format(datum.value, '{'$' if unit == 'dollars' else ''}.3~s')"


def _up(rows: Rows, inks: Mapping[str, str], unit: str, name: str, width: int) -> alt.Chart:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    every = -(-len(labels) // (width // LABEL_WIDTH))
    shown = [label for place, label in enumerate(labels) if (len(labels) - 1 - place) % every == 0]
    axis = alt.Axis(title=None, values=shown, labelAngle=0, labelOverlap=False, labelPadding=8, ticks=False)
    drawn: alt.Chart = (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_bar()
        .encode(
            x=alt.X("label:N", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.25)),
            y=alt.Y("value:Q", axis=_amounts(unit, name)),
            color=_ink(inks),
            order=alt.Order("rank:Q"),
        )
        .properties(width=width - 60, height=190)
    )
    return drawn


def _ink(inks: Mapping[str, str]) -> alt.Color:
    legend = alt.Legend(offset=LETTER * 2 + 8) if len(inks) > 1 else None
    return alt.Color("series:N", scale=alt.Scale(domain=list(inks), range=list(inks.values())), legend=legend)


def _svg(chart: alt.Chart | alt.LayerChart) -> str:
    """The drawing without what nobody sees; it takes the width it is given, and letters are those of the page."""
    drawn = vl_convert.vegalite_to_svg(chart.to_dict() | {"config": CONFIG})
    kept = EMPTY.sub("", UNSEEN.sub("", drawn)).replace(' font-family="inherit"', "")
    short = LONG.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), kept)
    return SIZE.sub(r'<svg \1aria-hidden="true" style="max-width:\2px"', short, count=1)
