"""Reading runs from a store with PromQL, for every destination that writes to one."""

from locust_push.outputs.destination import Access, Lookup
from locust_push.results.sources.prometheus import PrometheusRuns
from locust_push.results.sources.query_api import QueryApi


def promql_runs(url: str, access: Access, lookup: Lookup) -> PrometheusRuns:
    """Return the runs of the store whose query API is at ``url``, with the credentials of the target."""
    return PrometheusRuns(QueryApi(access.transport(), url), access.wall_clock, match=lookup.match, since=lookup.since)
