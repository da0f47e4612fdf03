"""The variables of the dashboards, each under one name wherever it occurs."""

from grafana_foundation_sdk.builders.dashboard import CustomVariable, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    VariableHide,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from monitoring.grafana.generate import runs
from monitoring.grafana.generate.promql import SHOWN, last, selector

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The data source of everything: what the variable holds."""

_RUN_ID_OF_RESULT = '/run_id="([^"]+)"/'
"""Takes the run ID out of what ``query_result`` makes of a series."""

_VALUE_OF_RESULT = "/^(?:\\{\\} )?(-?[0-9.e+]+)/"
"""Takes the number out of what ``query_result`` makes of a scalar: ``5`` of Prometheus's, and ``{} 5 1700000000000`` of
VictoriaMetrics's, which answers a scalar as a series without labels."""


def datasource() -> DatasourceVariable:
    """Return the choice of the Prometheus to ask."""
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def lookback() -> CustomVariable:
    """Return how far back runs are looked for; longer is slower."""
    return (
        CustomVariable("lookback")
        .label("Look back")
        .values("1d,7d,30d,90d,365d")
        .current(VariableOption(selected=True, text="30d", value="30d"))
    )


def job() -> QueryVariable:
    """Return the choice of jobs, all of them at first."""
    return _all_at_first(_query("job", "Job", f"label_values({selector('locust_run_start_time_seconds')}, job)"))


ALIKE = {"locustfile": "Locustfile", "git_branch": "Branch", "parameters": "Parameters"}
"""Labels of ``locust_run_info`` that like runs have in common, and what their variables are called."""


def alike() -> list[QueryVariable]:
    """Return the choices of what runs have in common, so that unlike ones are not mixed."""
    series = selector("locust_run_info", runs.JOB)
    return [_all_at_first(_query(name, label, f"label_values({series}, {name})")) for name, label in ALIKE.items()]


def run(name: str = "run", label: str = "Run", *matchers: str) -> QueryVariable:
    """Return the choice of a run, the newest at first.

    Asks for series by a query, since Grafana's ``label_values`` knows only the runs within the dashboard's time range.
    """
    query = f"query_result({runs.newest_first(*matchers)})"
    return _query(name, label, query).regex(_RUN_ID_OF_RESULT).sort(VariableSort.DISABLED)


def offset() -> QueryVariable:
    """Return by how many milliseconds to shift the baseline so that both runs begin at once; may be negative."""
    variable = _query("offset", "Offset (ms)", f"query_result({runs.start_difference('$candidate', '$baseline')})")
    return variable.regex(_VALUE_OF_RESULT).hide(VariableHide.HIDE_VARIABLE)


def of_run(name: str, label: str, metric: str, run_id: str = "$run") -> QueryVariable:
    """Return the choice of a label's values within a run, all of them at first."""
    series = selector(metric, runs.JOB, runs.of_run(run_id))
    return _all_at_first(_query(name, label, f"label_values({series}, {name})"))


def node() -> QueryVariable:
    """Return the node_exporters: those of machines that have the run's processes, by host name; all where none has.

    In containers a process knows another host name than its machine's node_exporter.
    """
    processes = last(selector("locust_push_queue_bytes", runs.JOB, runs.of_run("$run")))
    hosts = f'group by (nodename) (label_replace({processes}, "nodename", "$1", "instance", "(.+):[0-9]+.*"))'
    nodes = f"group by (nodename, instance) ({last(selector('node_uname_info'), SHOWN)})"
    generators = f"{nodes} * on (nodename) group_left () {hosts}"
    variable = _query("node", "Node", f"query_result({generators} or ({nodes} unless on () ({generators})))")
    # The value of "all" is the list, not "anything": other machines are none of the run's business.
    return variable.regex('/instance="([^"]+)"/').multi(True).include_all(True).current(_ALL)  # noqa: FBT003  # theirs


class _QueryVariable(QueryVariable):
    """A variable of which only a choice, not what is computed, is written into the dashboard's address."""

    def build(self) -> VariableModel:
        model = super().build()
        model.skip_url_sync = model.hide is VariableHide.HIDE_VARIABLE
        return model


_ALL = VariableOption(selected=True, text="All", value="$__all")


def _query(name: str, label: str, query: str) -> QueryVariable:
    return (
        _QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query({"query": query, "refId": name, "qryType": 5})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def _all_at_first(variable: QueryVariable) -> QueryVariable:
    return variable.multi(True).include_all(True).all_value(".*").current(_ALL)  # noqa: FBT003  # theirs
