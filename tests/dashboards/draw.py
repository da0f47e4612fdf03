"""Draws an opened dashboard as a picture, similar to Grafana, to inspect it without a Grafana."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LinearLocator

from tests.dashboards.grafana import Dashboard

_CELL = (0.62, 0.36)
"""Inches of one cell of Grafana's grid, across and down."""

_BACKGROUND, _PANEL, _TEXT = "#111217", "#181b1f", "#ccccdc"
_COLOURS = (
    "#73bf69",
    "#f2cc0c",
    "#5794f2",
    "#ff780a",
    "#b877d9",
    "#ff7383",
    "#8ab8ff",
    "#96d98d",
    "#ffb357",
    "#ca95e5",
)
_NAMED = {"green": "#73bf69", "red": "#f2495c", "blue": "#5794f2", "orange": "#ff9830", "yellow": "#fade2a"}


def draw(dashboard: Dashboard, file: Path, *, rows: int | None = None, dpi: int = 80) -> None:
    """Write a PNG of the dashboard, or of the first rows of its grid."""
    panels = [panel for panel in dashboard.model["panels"] if rows is None or panel["gridPos"]["y"] < rows]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = Figure(figsize=(24 * _CELL[0], height * _CELL[1]), facecolor=_BACKGROUND)
    for panel in panels:
        axes = _place(figure, panel["gridPos"], height)
        axes.set_title(panel.get("title", ""), loc="left", fontsize=9, color=_TEXT)
        _KINDS[_kind(panel)](dashboard, panel, axes)
    figure.savefig(file, dpi=dpi)


def _kind(panel: Mapping[str, Any]) -> str:
    is_trend = panel["type"] == "timeseries" and panel.get("transformations")
    return "trend" if is_trend else str(panel["type"])


def _place(figure: Figure, place: Mapping[str, int], height: int) -> Axes:
    """Return axes within a panel's cells, with room for title and ticks."""
    left, top = place.get("x", 0) / 24, place["y"] / height
    width, tall = place["w"] / 24, place["h"] / height
    room_x, room_y = 0.5 / 24, min(0.9, 0.3 * place["h"]) / height
    axes = figure.add_axes((left + 2 * room_x, 1 - top - tall + room_y, width - 3 * room_x, tall - 2 * room_y))
    axes.set_facecolor(_PANEL)
    axes.tick_params(colors=_TEXT, labelsize=7)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _row(_dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    axes.set_axis_off()
    axes.set_title("")
    axes.set_title("", loc="left")
    axes.text(0, 0.2, f"▾ {panel['title']}", fontsize=10, fontweight="bold", color=_TEXT)


def _stat(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    (answer,) = dashboard.answers(panel)
    text = written(answer.series[0].values[-1][1], unit_of(panel), decimals_of(panel))
    axes.set_axis_off()
    axes.text(0.5, 0.45, text, ha="center", va="center", fontsize=17, color=_TEXT)


def _time_series(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    axes.set_prop_cycle(color=_COLOURS)
    lines = [(answer, series) for answer in dashboard.answers(panel) for series in answer.series]
    stacked = panel["fieldConfig"]["defaults"]["custom"].get("stacking", {}).get("mode") == "normal"
    below: dict[float, float] = {}
    for answer, series in lines:
        times = [time for time, _ in series.values]
        values = [value + (below.get(time, 0.0) if stacked else 0.0) for time, value in series.values]
        below.update(zip(times, values, strict=True))
        legend = answer.legend(series.labels)
        axes.plot(_moments(times), values, linewidth=1.2, label=legend, color=_fixed_colour(panel, legend))  # type: ignore[arg-type]  # dates are fine
    _time_axis(dashboard, panel, axes)
    if lines:
        axes.legend(
            fontsize=6,
            labelcolor=_TEXT,
            facecolor=_PANEL,
            edgecolor=_PANEL,
            loc="lower center",
            ncols=4,
            framealpha=0.6,
        )


def _time_axis(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    """Set the time range, the unit, and the annotations."""
    axes.set_xlim(*_moments([dashboard.shown.start, dashboard.shown.end]))  # type: ignore[arg-type]  # dates are fine
    axes.set_ylim(bottom=None if panel["fieldConfig"]["defaults"]["custom"].get("axisCenteredZero") else 0)
    _clock(axes)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, unit_of(panel), None)))
    axes.grid(visible=True, color="#2c3235", linewidth=0.5)
    colours = {one["titleFormat"]: one["iconColor"] for one in dashboard.model.get("annotations", {}).get("list", ())}
    for event in dashboard.events():
        axes.axvline(_moments([event.time])[0], color=_NAMED[colours[event.text]], linewidth=0.8, linestyle="--")  # type: ignore[arg-type]  # the same


def _clock(axes: Axes) -> None:
    """Write times of day on the axis."""
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))  # type: ignore[no-untyped-call]  # theirs
    axes.xaxis.set_major_locator(LinearLocator(5))


def _fixed_colour(panel: Mapping[str, Any], legend: str) -> str | None:
    for override in panel["fieldConfig"].get("overrides", ()):
        if legend == override["matcher"]["options"] or legend == override["matcher"]["options"].removeprefix(".*"):
            return _NAMED[override["properties"][0]["value"]["fixedColor"]]
    return None


def _heatmap(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    """Draw cumulative buckets as the differences of neighbours."""
    (answer,) = dashboard.answers(panel)
    bounds = sorted(answer.series, key=lambda series: float(series.labels["le"]))
    times = sorted({time for series in bounds for time, _ in series.values})
    columns = [dict(series.values) for series in bounds]
    cells = [
        [max(0.0, upper.get(time, 0) - (lower.get(time, 0) if lower else 0)) or math.nan for time in times]
        for lower, upper in zip([None, *columns[:-1]], columns, strict=True)
    ]
    axes.pcolormesh(_moments(times), range(len(bounds)), cells, cmap="Oranges", shading="nearest")  # type: ignore[arg-type]  # dates are fine
    axes.set_yticks(range(len(bounds)), [series.labels["le"] for series in bounds])
    axes.set_xlim(*_moments([dashboard.shown.start, dashboard.shown.end]))  # type: ignore[arg-type]  # dates are fine
    _clock(axes)


def _trend(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    rows = sorted(dashboard.rows(panel), key=lambda row: float(row["Start"]))
    (column,) = rows[0].keys() - {"Start", "Run"}
    axes.plot(_moments([row["Start"] / 1000 for row in rows]), [row[column] for row in rows], "o-", color=_COLOURS[0])  # type: ignore[arg-type]  # the same
    _time_axis(dashboard, panel, axes)


def _table(dashboard: Dashboard, panel: Mapping[str, Any], axes: Axes) -> None:
    rows = dashboard.rows(panel)
    axes.set_axis_off()
    if not rows:
        axes.text(0.5, 0.5, "No data", color=_TEXT, ha="center", transform=axes.transAxes)
        return
    hidden = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"] if _hides(one)}
    columns = [name for name in rows[0] if name not in hidden]
    units = {one["matcher"]["options"]: _property(one, "unit") for one in panel["fieldConfig"]["overrides"]}
    texts = {one["matcher"]["options"]: _texts(one) for one in panel["fieldConfig"]["overrides"]}
    cells = [
        [texts.get(name, {}).get(str(row[name]), _cell(row[name], units.get(name, ""))) for name in columns]
        for row in rows
    ]
    table = axes.table(cells, colLabels=columns, loc="upper left", cellLoc="left", edges="horizontal")
    table.auto_set_font_size(value=False)
    table.set_fontsize(6.5)
    table.auto_set_column_width(list(range(len(columns))))
    for cell in table.get_celld().values():
        cell.get_text().set_color(_TEXT)
        cell.set_edgecolor("#2c3235")


def _hides(override: Mapping[str, Any]) -> bool:
    return bool(_property(override, "custom.hidden"))


def _texts(override: Mapping[str, Any]) -> dict[str, str]:
    """Return what a column shows in place of a number."""
    options = [mapping["options"] for mapping in _property(override, "mappings") or ()]
    return {str(float(value)): shown["text"] for one in options for value, shown in one.items()}


def _property(override: Mapping[str, Any], name: str) -> Any:
    return next((one["value"] for one in override["properties"] if one["id"] == name), "")


def _cell(value: Any, unit: str) -> str:
    return written(value, unit, None) if isinstance(value, float) else str(value or "")


def unit_of(panel: Mapping[str, Any]) -> str:
    """Return the unit of a panel's values."""
    return str(panel["fieldConfig"]["defaults"].get("unit", ""))


def decimals_of(panel: Mapping[str, Any]) -> int | None:
    """Return how many decimals a panel is set to."""
    decimals: int | None = panel["fieldConfig"]["defaults"].get("decimals")
    return decimals


def written(value: float, unit: str, decimals: int | None) -> str:
    """Return a value with its unit, similar to Grafana."""
    if unit == "dateTimeAsIso":
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    if unit == "s" and 0 < abs(value) < 1:
        return f"{1000 * value:.3g} ms"
    if unit in {"bytes", "Bps"} and abs(value) >= 1000:
        steps = min(int(math.log(abs(value), 1000)), 3)
        return f"{value / 1000**steps:.3g} {' kMG'[steps]}B{'/s' if unit == 'Bps' else ''}"
    number = f"{value:.{decimals}f}" if decimals is not None else f"{value:.4g}"
    return number + {"reqps": " req/s", "percent": " %", "s": " s", "dtdurations": " s", "Bps": " B/s"}.get(unit, "")


def _moments(times: list[float]) -> list[datetime]:
    return [datetime.fromtimestamp(time, UTC) for time in times]


_KINDS: dict[str, Callable[[Dashboard, Mapping[str, Any], Axes], None]] = {
    "row": _row,
    "stat": _stat,
    "timeseries": _time_series,
    "heatmap": _heatmap,
    "table": _table,
    "trend": _trend,
}
