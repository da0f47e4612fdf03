"""The queries of a run, over time and as a whole. What they ask for is in docs/metrics.md.

Percentiles are taken of merged histograms, or of series that the agent made of such; never of percentiles.
"""

from dataclasses import dataclass

from locust_push.core.labels import AGGREGATED
from monitoring.grafana.generate.promql import equals, labelled, last_ever, percent, selector
from monitoring.grafana.generate.runs import JOB, duration, of_run

FAILURE = equals("status", "failure")

ANY_METHOD = "*"
"""Its method: the rows of a table are joined by their labels, so that none may be missing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run over time.

    Attributes:
        run_id: Its ID, or the variable that holds it.
        shift: PromQL's offset, after a blank, that moves it along the time axis.
    """

    run_id: str = "$run"
    shift: str = ""

    def series(self, metric: str, *matchers: str) -> str:
        """Return the selector of a metric, at its own time."""
        return selector(metric, JOB, of_run(self.run_id), *matchers)

    def gauge(self, metric: str, *matchers: str) -> str:
        """Return a gauge as it is."""
        return self.series(metric, *matchers) + self.shift

    def rate(self, metric: str, *matchers: str) -> str:
        """Return what a counter grows by per second."""
        return f"rate({self.series(metric, *matchers)}[$__rate_interval]{self.shift})"

    def rate_by(self, by: str, metric: str, *matchers: str) -> str:
        """Return what a counter grows by per second over all instances, by labels such as ``method, name``."""
        return f"sum by ({by}) ({self.rate(metric, *matchers)})"

    def requests(self, by: str, *matchers: str) -> str:
        """Return requests per second."""
        return self.rate_by(by, "locust_requests_total", *matchers)

    def error_percent(self, by: str, *matchers: str) -> str:
        """Return failed requests in percent."""
        return percent(self.requests(by, *matchers, FAILURE), self.requests(by, *matchers))

    def quantile(self, share: float, by: str, *matchers: str) -> str:
        """Return a response time in seconds, of native histograms where there are any, else of classic ones."""
        native = self.rate_by(by, "locust_request_duration_seconds", *matchers)
        classic = self.rate_by(_with_le(by), "locust_request_duration_seconds_bucket", *matchers)
        return f"histogram_quantile({share:g}, {native}) or histogram_quantile({share:g}, {classic})"

    def percentile(self, percentile: str) -> str:
        """Return a response time in seconds of all requests of the last 10 seconds, finer than a histogram's."""
        which = equals("percentile", percentile)
        return f"max({self.gauge('locust_response_time_percentile_seconds', which)})"


def _with_le(by: str) -> str:
    return f"{by}, le" if by else "le"


@dataclass(frozen=True, slots=True)
class Results:
    """What a run came to, or comes to so far, wherever the dashboard's time range lies.

    Requests and failures are counters, so they equal Locust's own summary. Response times are those of the run's
    summary once that is written, and of the histograms until then.

    Attributes:
        run: Without a shift.
        per_request: Whether there is a series per request and one for all as ``Aggregated``, or one for all alone.
    """

    run: Run
    per_request: bool = False

    def requests(self, *matchers: str) -> str:
        """Return how many requests were made."""
        return self._sum("locust_requests_total", *matchers)

    def failures(self) -> str:
        """Return how many failed."""
        return f"({self.requests(FAILURE)}) or 0 * ({self.requests()})"

    def error_percent(self) -> str:
        """Return failed requests in percent."""
        return percent(self.requests(FAILURE), self.requests())

    def rate(self) -> str:
        """Return requests per second, the mean from start to end."""
        return f"({self.requests()}) / scalar({duration(last_ever, of_run(self.run.run_id))})"

    def quantile(self, share: float) -> str:
        """Return a response time in seconds."""
        native = self._sum("locust_request_duration_seconds")
        classic = self._sum("locust_request_duration_seconds_bucket", also_by=("le",))
        estimates = (f"histogram_quantile({share:g}, {histogram})" for histogram in (native, classic))
        return " or ".join((self._summary_quantile(share), *estimates))

    def _summary_quantile(self, share: float) -> str:
        of_all = () if self.per_request else (equals("name", AGGREGATED),)
        series = last_ever(
            self.run.series("locust_run_response_time_seconds", equals("quantile", f"{share:g}"), *of_all)
        )
        by_request = f"max by (method, name) ({series})"
        return labelled(by_request, "method", ANY_METHOD) if self.per_request else f"max({series})"

    def _sum(self, metric: str, *matchers: str, also_by: tuple[str, ...] = ()) -> str:
        series = last_ever(self.run.series(metric, *matchers))
        everything = f"sum by ({', '.join(also_by)}) ({series})"
        if not self.per_request:
            return everything
        total = labelled(labelled(everything, "name", AGGREGATED), "method", ANY_METHOD)
        return f"sum by ({', '.join(('method', 'name', *also_by))}) ({series}) or {total}"
