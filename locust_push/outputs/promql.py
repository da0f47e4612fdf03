"""Reading runs from a store that answers PromQL, for every destination that fills one."""

from locust_push.outputs.destination import Access, Lookup
from locust_push.results.sources.prometheus import PrometheusRuns
from locust_push.results.sources.query_api import QueryApi


def promql_runs(url: str, access: Access, lookup: Lookup) -> PrometheusRuns:
    """Return the runs of the store whose query API is at ``url``, which gets the credentials of the target."""
    return PrometheusRuns(QueryApi(access.transport(), url), access.wall_clock, match=lookup.match, since=lookup.since)
