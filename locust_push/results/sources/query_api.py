"""The query API of Prometheus, as Prometheus, VictoriaMetrics, Mimir and Thanos answer it: instant queries only.

Source: "HTTP API" in the documentation of Prometheus, sections "Instant queries" and "Expression query result formats".
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from locust_push.delivery.answer import NO_HEADERS, HttpAnswer
from locust_push.delivery.verdict import Retry
from locust_push.results.model import Bucket
from locust_push.results.samples import Curve, LastHistogram, LastSample

MAX_ANSWER = 1 << 29
"""Bytes; a run of 1,000 names and 50 workers is some 10 MB."""


class StoreError(Exception):
    """A store did not answer with data; ``str()`` is one line with its URL."""


class Exchange(Protocol):
    """The HTTP interface; :class:`locust_push.delivery.http.HttpTransport` is the real one."""

    def exchange(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] = NO_HEADERS, *, limit: int = ...
    ) -> HttpAnswer | Retry:
        """Return the answer to one request, with at most ``limit`` bytes of its body, or the failure."""
        ...


class QueryApi:
    """Queries one store."""

    def __init__(self, transport: Exchange, url: str) -> None:
        """Query the store at ``url``: the URL in front of ``/api/v1/query``, without user info."""
        self.url = url.rstrip("/")
        self._transport = transport

    def last(self, promql: str, time: float) -> list[LastSample]:
        """Return the numbers from an instant query at a Unix time.

        Raises:
            StoreError: The store does not answer like this.
        """
        return self._ask(promql, time, lambda one: _last(one) if "value" in one else None)

    def native(self, promql: str, time: float) -> list[LastHistogram]:
        """Return the native histograms from an instant query at a Unix time.

        Raises:
            StoreError: The store does not answer like this.
        """
        return self._ask(promql, time, lambda one: _native(one, one["histogram"]) if "histogram" in one else None)

    def last_native(self, range_selector: str, time: float) -> list[LastHistogram]:
        """Return the last native histogram of each series that a range selector selects at a Unix time.

        For Prometheus 2.42, which stores them, but whose ``last_over_time`` does not support them.

        Raises:
            StoreError: The store does not answer like this.
        """
        return self._ask(
            range_selector, time, lambda one: _native(one, one["histograms"][-1]) if "histograms" in one else None
        )

    def native_before_resets(self, range_selector: str, time: float) -> list[LastHistogram]:
        """Return what native histograms had reached each time that one began again, within a range selector.

        Raises:
            StoreError: The store does not answer like this.
        """
        found = self._ask(range_selector, time, lambda one: [*_before_resets(one)])
        return [histogram for series in found for histogram in series]

    def curves(self, range_selector: str, time: float) -> list[Curve]:
        """Return all samples, as they are stored, that a range selector such as ``metric[1h]`` selects at a Unix time.

        Raises:
            StoreError: The store does not answer like this.
        """
        return self._ask(range_selector, time, lambda one: _curve(one) if "values" in one else None)

    def _ask(self, promql: str, time: float, take: Callable[[Any], Any]) -> list[Any]:
        # nocache: otherwise VictoriaMetrics may answer for half a minute ago, before the end of the run.
        # Blanks as %20: in a signed request, AWS reads a plus as a literal one.
        query = urlencode({"query": promql, "time": f"{time:.3f}", "nocache": "1"}, quote_via=quote)
        answer = self._transport.exchange("GET", f"{self.url}/api/v1/query?{query}", limit=MAX_ANSWER)
        if isinstance(answer, Retry):
            raise StoreError(f"{self.url}: {answer.reason}: {answer.detail}")
        if not answer.ok:
            raise StoreError(f"{self.url}: {_refusal(answer)}")
        try:
            result: Sequence[Any] = json.loads(answer.body)["data"]["result"]
            return [taken for taken in map(take, result) if taken is not None]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise StoreError(f"{self.url}: not a query API of Prometheus; check the URL: {answer.text[:80]}") from None


def selector(names: Sequence[str], /, **labels: str) -> str:
    """Return the PromQL of the series of these names and labels."""
    matchers = [f"{label}={quoted(value)}" for label, value in labels.items()]
    pattern = "|".join(map(re.escape, names))
    return f"{{{','.join([f'__name__=~{quoted(pattern)}', *matchers])}}}"


def quoted(text: str) -> str:
    """Return a text as a string of PromQL, whose escapes are Go's, which include JSON's."""
    return json.dumps(text, ensure_ascii=False)


def _refusal(answer: HttpAnswer) -> str:
    """Return the store's error text; a 404 means that there is no query API."""
    if answer.status == 404:
        return "http_404: no query API here; give the URL in front of /api/v1/query, such as http://localhost:9090"
    try:
        words = str(json.loads(answer.body)["error"])
    except (ValueError, LookupError, TypeError):
        words = answer.text
    return f"http_{answer.status}: {words[:300]}"


def _last(one: Any) -> LastSample:
    time, value = one["value"]
    return LastSample(one["metric"], float(value), round(1000 * float(time)))


def _native(one: Any, sample: Any) -> LastHistogram:
    histogram = sample[1]
    # The first of four fields says which bounds are inclusive: the upper ones, as for all positive buckets.
    buckets = [Bucket(float(lower), float(upper), float(n)) for _, lower, upper, n in histogram.get("buckets", ())]
    return LastHistogram(one["metric"], float(histogram["count"]), float(histogram["sum"]), buckets)


def _before_resets(one: Any) -> Iterator[LastHistogram]:
    for earlier, later in pairwise(one.get("histograms", ())):
        if float(later[1]["count"]) < float(earlier[1]["count"]):
            yield _native(one, earlier)


def _curve(one: Any) -> Curve:
    pairs = ((round(1000 * float(time)), float(value)) for time, value in one["values"])
    return Curve(one["metric"], [(time, value) for time, value in pairs if value == value])  # noqa: PLR0124  # NaN
