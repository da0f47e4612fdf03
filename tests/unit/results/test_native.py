"""Results of runs whose durations are native histograms."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from locust_push.core import metrics
from locust_push.core.histogram import DurationHistogram
from locust_push.core.native import relative_error, view
from locust_push.core.snapshot import Snapshot
from locust_push.outputs.archive.sink import ArchiveSink
from locust_push.results.model import RunResults
from locust_push.results.sources.archive import Archive
from tests.unit.results.archives import (
    START,
    requests,
    series,
    told,
    write,
)
from tests.unit.wire.messages import payloads_of

FAST = [0.010 + 0.0001 * number for number in range(100)]
SLOW = [0.5 + 0.01 * number for number in range(100)]


def write_native(
    directory: Path, durations: Sequence[float], *, instance: str, schema: int = 3, name: str = "/a"
) -> None:
    """Write the data of a process whose durations grew over two ticks, with the markers of its end."""
    labels = (("job", "locust"), ("instance", instance), ("run_id", "r"))
    sink = ArchiveSink("file:x", directory, run_id="r", instance=instance, common_labels=labels)
    of = DurationHistogram((1.0,))
    counter, _ = requests("GET", name, 0)
    own = [series(metrics.REQUEST_DURATION, "GET", name, ("status", "success"))]
    for tick, part in enumerate((durations[:10], durations[10:])):
        of.add(sorted(1000.0 * seconds for seconds in part), 1000.0 * sum(part))
        moment = (START + tick) * 1000
        snapshot = Snapshot(
            moment, moment - 500, [counter], [of.count], tick,
            histogram_series=own, histograms=[view(of, schema)], histograms_known=tick,
        )  # fmt: skip
        for payload in payloads_of(sink.encode(snapshot)):
            sink.attempt(payload)
    for payload in payloads_of(sink.end(snapshot)):
        sink.attempt(payload)
    sink.close()


def read(directory: Path) -> RunResults:
    """Return the results of the run, which must be fully readable."""
    warnings: list[str] = []
    summary = Archive(directory, warnings.append).read("r")
    assert warnings == []
    return summary


def exact(durations: Sequence[float], q: float) -> float:
    return sorted(durations)[max(1, math.ceil(q * len(durations))) - 1]


@pytest.mark.parametrize("schema", [0, 3, 5])
def test_response_times_come_from_the_histograms_of_all_processes(tmp_path: Path, schema: int) -> None:
    """Histograms are merged before a quantile is taken, which is then within their stated error."""
    write_native(tmp_path, FAST, instance="worker:1", schema=schema)
    write_native(tmp_path, SLOW, instance="worker:2", schema=schema)
    (row,) = read(tmp_path).rows
    assert row.requests == 200
    for key, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert row.response_times[key] == pytest.approx(exact([*FAST, *SLOW], q), rel=relative_error(schema) + 1e-9)


def test_the_aggregate_has_the_durations_of_all_names(tmp_path: Path) -> None:
    """Rows have their own response times, the aggregate those of all of them, for any schemas."""
    write_native(tmp_path, FAST, instance="worker:1", name="/fast", schema=5)
    write_native(tmp_path, SLOW, instance="worker:2", name="/slow", schema=3)
    summary = read(tmp_path)
    medians = [row.response_times["p50"] for row in (*summary.rows, summary.aggregated)]
    expected = [exact(FAST, 0.5), exact(SLOW, 0.5), exact([*FAST, *SLOW], 0.5)]
    for found, wanted in zip(medians, expected, strict=True):
        assert found == pytest.approx(wanted, rel=relative_error(3) + 1e-9)


def test_what_the_master_told_goes_before(tmp_path: Path) -> None:
    """The quantiles of the whole run that the master wrote take precedence."""
    write_native(tmp_path, FAST, instance="worker:1")
    write(tmp_path, "r", [told("GET", "/a", "0.5", 0.123)], instance="master")
    assert read(tmp_path).rows[0].response_times["p50"] == 0.123
