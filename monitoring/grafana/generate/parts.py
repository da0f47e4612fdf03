"""The parts of dashboards: panels of the few kinds that we use, with their queries. Nothing of load tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BigValueColorMode,
    BigValueGraphMode,
    FieldTextAlignment,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.grafana.generate.variables import PROMETHEUS

WIDE, HALF, THIRD = 24, 12, 8
"""Widths, of 24."""

_HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A query over time, and the legend of each of its series; ``{{label}}`` stands for a label's value."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: a query at the end of the time range, or one of the labels that queries give.

    Attributes:
        title: Its heading.
        expr: The query; empty for a label.
        label: The label; empty for a query.
        unit: Of its values; none for text.
        properties: What else Grafana is to know of the column.
    """

    title: str
    expr: str = ""
    label: str = ""
    unit: str = ""
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def ref_id(self) -> str:
        """Return the name of its query."""
        return "".join(character for character in self.title if character.isalnum())

    @property
    def source(self) -> str:
        """Return what Grafana calls the column before it is given its heading."""
        return self.label or f"Value #{self.ref_id}"

    def overrides(self) -> list[DynamicConfigValue]:
        """Return its properties as Grafana's overrides."""
        unit = {"unit": self.unit} if self.unit else {}
        return [DynamicConfigValue(key, value) for key, value in {**unit, **self.properties}.items()]


def chart(
    title: str, unit: str, *lines: Line, width: int = HALF, about: str = "", maximum: float | None = None
) -> timeseries.Panel:
    """Return lines over time, from 0 up, with a legend of last, mean and highest values."""
    panel = plain_chart(title, unit, *lines, width=width, about=about).min(0)
    return panel if maximum is None else panel.max(maximum)


def plain_chart(title: str, unit: str, *lines: Line, width: int = HALF, about: str = "") -> timeseries.Panel:
    """Return the same without bounds, for values that may be negative."""
    return (
        timeseries.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .unit(unit)
        .span(width)
        .height(_HEIGHT)
        .line_width(1)
        .fill_opacity(8)
        .show_points(VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .targets([_range(line, f"q{number}") for number, line in enumerate(lines)])
    )


def stacked(panel: timeseries.Panel) -> timeseries.Panel:
    """Return the panel with its lines on top of each other, for parts of a whole."""
    return panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(30)


def coloured(panel: timeseries.Panel, colours: dict[str, str]) -> timeseries.Panel:
    """Return the panel with fixed colours for lines, by regular expressions of their legends."""
    for pattern, colour in colours.items():
        panel.override_by_regexp(pattern, [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})])
    return panel


def number(
    title: str, unit: str, expr: str, *, width: int = 3, about: str = "", decimals: int | None = None
) -> stat.Panel:
    """Return one number: the query's one series at the end of the time range."""
    panel = (
        stat.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .unit(unit)
        .span(width)
        .height(4)
        .color_mode(BigValueColorMode.NONE)
        .graph_mode(BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(Dataquery().expr(expr).instant().ref_id("q0").datasource(PROMETHEUS))
    )
    return panel if decimals is None else panel.decimals(decimals)


def durations(title: str, expr: str, *, width: int = HALF, about: str = "") -> heatmap.Panel:
    """Return a heat map of histogram buckets, in seconds."""
    query = Dataquery().expr(expr).range().format(PromQueryFormat.HEATMAP).legend_format("{{le}}")
    return (
        heatmap.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(width)
        .height(_HEIGHT)
        .calculate(calculate=False)
        .color(heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64))
        .y_axis(heatmap.YAxisConfig().unit(units.Seconds).axis_placement(AxisPlacement.LEFT))
        .cell_values(heatmap.CellValues().unit(units.RequestsPerSecond))
        .with_target(query.ref_id("q0").datasource(PROMETHEUS))
    )


def grid(title: str, *columns: Column, height: int = _HEIGHT, about: str = "") -> table.Panel:
    """Return a table of which a row is what all queries give for the same labels."""
    queries = [column for column in columns if column.expr]
    panel = (
        table.Panel()
        .title(title)
        .description(about)
        .datasource(PROMETHEUS)
        .span(WIDE)
        .height(height)
        .align(FieldTextAlignment.AUTO)
        .targets([_instant(column) for column in queries])
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(_arranged(columns))
    )
    for column in columns:
        if overrides := column.overrides():
            panel.override_by_name(column.title, overrides)
    return panel


def _arranged(columns: Sequence[Column]) -> DataTransformerConfig:
    """Return the transformation that names and orders columns, and drops the moment of the queries."""
    # The values of a query that is alone are called "Value", without its name.
    alone = sum(bool(column.expr) for column in columns) == 1
    sources = ["Value" if alone and column.expr else column.source for column in columns]
    options = {
        "excludeByName": {"Time": True},
        "indexByName": {source: place for place, source in enumerate(sources)},
        "renameByName": {source: column.title for source, column in zip(sources, columns, strict=True)},
    }
    return DataTransformerConfig(id_val="organize", options=options)


def trend(title: str, unit: str, when: Column, value: Column, label: Column, *, about: str) -> timeseries.Panel:
    """Return a dot per row of a table, over the time that one of its columns gives in milliseconds."""
    columns = (when, value, label)
    panel = (
        chart(title, unit, width=THIRD, about=about).draw_style(GraphDrawStyle.LINE).show_points(VisibilityMode.ALWAYS)
    )
    panel.point_size(7).targets([_instant(column) for column in columns if column.expr])
    as_time = {"conversions": [{"targetField": when.title, "destinationType": "time"}], "fields": {}}
    return panel.transformations(
        [
            DataTransformerConfig(id_val="merge", options={}),
            _arranged(columns),
            DataTransformerConfig(id_val="convertFieldType", options=as_time),
            DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": when.title}]}),
        ]
    )


def link(title: str, url: str) -> dict[str, Any]:
    """Return a link of a table's cell."""
    return dashboard.DashboardLink(title).url(url).build().to_json()


def _range(line: Line, ref_id: str) -> Dataquery:
    query = Dataquery().expr(line.expr).range().legend_format(line.legend)
    return query.ref_id(ref_id).datasource(PROMETHEUS)


def _instant(column: Column) -> Dataquery:
    query = Dataquery().expr(column.expr).instant().format(PromQueryFormat.TABLE)
    return query.ref_id(column.ref_id).datasource(PROMETHEUS)


def _legend() -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(show_legend=True).display_mode(LegendDisplayMode.TABLE)
    return legend.placement(LegendPlacement.BOTTOM).calcs(["lastNotNull", "mean", "max"])
