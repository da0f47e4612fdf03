"""What all dashboards have around their panels, and the order of panels in rows."""

from collections.abc import Iterable

from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, Panel

from monitoring.grafana.generate import variables
from monitoring.grafana.generate.addresses import TAG, to_each_other


def dashboard(uid: str, title: str, about: str, *own_variables: QueryVariable, since: str) -> Dashboard:
    """Return a dashboard without panels, with the variables that all have and its own."""
    builder = (
        Dashboard(title)
        .uid(uid)
        .description(about)
        .tags([TAG])
        .timezone("browser")
        .time(since, "now")
        .refresh("")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .editable()
        .link(to_each_other())
    )
    for variable in (variables.datasource(), variables.lookback(), variables.job(), *own_variables):
        builder.with_variable(variable)
    return builder


def row(builder: Dashboard, title: str, panels: Iterable[Builder[Panel]]) -> None:
    """Add a row of panels; each has its width, and they flow into lines."""
    builder.with_row(Row(title))
    for panel in panels:
        builder.with_panel(panel)
