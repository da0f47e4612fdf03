"""Links to our dashboards in Grafana. Pure.

``monitoring/grafana`` defines these names of dashboards.
"""

from urllib.parse import urlencode

from locust_push.core.record import record

LIVE = "locust-push-live"
COMPARE = "locust-push-compare"
HISTORY = "locust-push-history"
AGENTS = "locust-push-agents"

BEFORE, AFTER = 10_000, 15_000
"""Milliseconds that links show before the start of a run and after its end: a rate needs more than one sample."""


@record(frozen=True, slots=True)
class RunLinks:
    """The links of one run.

    Attributes:
        base: Grafana's address, without a slash at its end.
        run_id: The run.
        start_time: Unix seconds.
        end_time: Unix seconds; None while it is in progress; the time range then ends at the current time.
    """

    base: str
    run_id: str
    start_time: float
    end_time: float | None = None

    @property
    def live(self) -> str:
        """The dashboard of the run."""
        return self._link(LIVE, "var-run")

    @property
    def compare(self) -> str:
        """The dashboard that compares the run with the one before it, or another one."""
        return self._link(COMPARE, "var-candidate")

    def _link(self, dashboard: str, variable: str) -> str:
        start = round(1000 * self.start_time) - BEFORE
        end = "now" if self.end_time is None else round(1000 * self.end_time) + AFTER
        return f"{self.base}/d/{dashboard}?{urlencode({variable: self.run_id, 'from': start, 'to': end})}"
