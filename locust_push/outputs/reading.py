"""Sources of runs for ``--from`` and ``--push-baseline-from``."""

from locust_push.outputs.destination import Access, Lookup
from locust_push.outputs.promql import promql_runs
from locust_push.outputs.registry import destination_of
from locust_push.results.source import RunSource


def run_source(access: Access, lookup: Lookup) -> RunSource:
    """Return the runs at a target, as its destination reads them; otherwise the URL itself is used as a query API."""
    found = destination_of(access.target.protocol).runs(access, lookup)
    return found or promql_runs(access.target.url, access, lookup)


def can_be_read(access: Access) -> bool:
    """Whether data that is pushed to a target can be read back with its URL alone."""
    return destination_of(access.target.protocol).runs(access, Lookup()) is not None
