import io
import math
from pathlib import Path

import pytest
from prometheus_client import Metric as Found
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from locust_push.core import metrics
from locust_push.core.series import Metric, MetricType, Series
from locust_push.results.openmetrics import _seconds, family_of, write_openmetrics
from locust_push.results.sources.archive import Archive
from tests.unit.results import archives
from tests.unit.results.archives import bucket, requests, series

CUSTOM = Metric("shop_orders_total", MetricType.COUNTER, "Orders.")


def text_of(directory: Path, tmp_path: Path) -> str:
    """Export the only run of an archive."""
    archive = Archive(directory, pytest.fail)
    output = io.StringIO()
    (folder := tmp_path / "parts").mkdir()
    write_openmetrics(archive.processes(archive.list()[0]), folder, output)
    return output.getvalue()


def parse(text: str) -> list[Found]:
    """Parse a text completely with the reference implementation."""
    return list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # carries no annotations


def times(family: Found) -> list[float]:
    """Return the time of each sample, in seconds."""
    return [float(str(sample.timestamp)) for sample in family.samples]


def durations(count: float) -> list[tuple[Series, float]]:
    """Return a histogram with that count."""
    parts = [
        (series(metrics.REQUEST_DURATION, "GET", "/", ("status", "success"), suffix=suffix), count)
        for suffix in ("_sum", "_count")
    ]
    return [
        bucket("GET", "/", "10.0", count),
        bucket("GET", "/", "0.5", count),
        bucket("GET", "/", "+Inf", count),
        *parts,
    ]


def test_a_strict_parser_reads_it(tmp_path: Path) -> None:
    """The reference implementation finds each family and metric complete, and its points in order."""
    hostile = 'a"b\\c\nd'
    for instance in ("a", "b"):
        ticks = [
            [requests("GET", "/", n), requests("GET", hostile, n), (Series(metrics.RUN_INFO), 1.0)] for n in range(3)
        ]
        archives.write(tmp_path / "runs", "R", *ticks, instance=instance)
    families = {family.name: family for family in parse(text_of(tmp_path / "runs", tmp_path))}
    types = {name: family.type for name, family in families.items()}
    assert types == {"locust_requests": "counter", "locust_run_info": "gauge"}
    # Each of four series has a 0 before its first tick.
    assert [sample.value for sample in families["locust_requests"].samples] == [0, 0, 1, 2] * 4
    assert {sample.labels["name"] for sample in families["locust_requests"].samples} == {"/", hostile}


def test_each_point_of_a_histogram_is_whole(tmp_path: Path) -> None:
    """A point has ascending buckets, the infinite one, count and sum, then the next time."""
    archives.write(tmp_path / "runs", "R", *[durations(n) for n in range(3)])
    lines = text_of(tmp_path / "runs", tmp_path).splitlines()
    head, points = lines[:3], lines[3:-1]
    for start in range(0, len(points), 5):
        # One by one, since the parser takes a second point for a repetition.
        (family,) = parse("\n".join([*head, *points[start : start + 5], "# EOF", ""]))
        assert (family.type, family.unit, len(family.samples)) == ("histogram", "seconds", 5)
        assert len(set(times(family))) == 1
    assert len(points) == 5 * 4


def test_each_sample_has_its_time(tmp_path: Path) -> None:
    """Times are in seconds, with milliseconds."""
    archives.write(tmp_path / "runs", "R", [requests("GET", "/", 7)])
    (family,) = parse(text_of(tmp_path / "runs", tmp_path))
    assert times(family) == [archives.START - 0.5, archives.START]


def test_nan_is_left_out(tmp_path: Path) -> None:
    """Stale markers and gauges without a value are not samples."""
    archives.write(tmp_path / "runs", "R", [(Series(metrics.USERS), math.nan)], [(Series(metrics.USERS), 3.0)])
    (family,) = parse(text_of(tmp_path / "runs", tmp_path))
    assert [sample.value for sample in family.samples] == [3]


def test_segments_of_one_process_are_one_after_the_other(tmp_path: Path) -> None:
    """The segments of a run ID that was used twice are exported one after the other."""
    archives.write(tmp_path / "runs", "R", [requests("GET", "/", 1)])
    archives.write(tmp_path / "runs", "R", [requests("GET", "/", 2)], start=archives.START + 100)
    (family,) = parse(text_of(tmp_path / "runs", tmp_path))
    assert [sample.value for sample in family.samples] == [0, 1, 0, 2]


def test_metrics_that_are_not_ours_are_exported_as_well(tmp_path: Path) -> None:
    """Of other metrics, counters are recognized by name; the type of the rest is unknown."""
    archives.write(tmp_path / "runs", "R", [(Series(CUSTOM), 1.0), (Series(CUSTOM, suffix="_x"), 2.0)])
    types = {family.name: family.type for family in parse(text_of(tmp_path / "runs", tmp_path))}
    assert types == {"shop_orders": "counter", "shop_orders_total_x": "unknown"}


def test_an_empty_run_is_an_empty_text(tmp_path: Path) -> None:
    """A run without samples is only the end marker."""
    output = io.StringIO()
    assert write_openmetrics([], tmp_path, output) == 0
    assert output.getvalue() == "# EOF\n"


@pytest.mark.parametrize("metric", metrics.ALL, ids=lambda metric: metric.name)
def test_every_metric_of_ours_has_its_family(metric: Metric) -> None:
    """Each metric of ours is its own family, with its type."""
    family, suffix = family_of(metric.name)
    assert (family.name, family.type, suffix) == (metric.name.removesuffix("_total"), metric.type, "")


@pytest.mark.parametrize("start", [1_800_000_000_000, 1_700_000_000_000, 4_000_000_000_000, 0])
def test_times_survive_a_multiplication(start: int) -> None:
    """Times survive Prometheus' conversion, which multiplies by 1000 and truncates."""
    for timestamp_ms in range(start, start + 3000):
        seconds = float(_seconds(timestamp_ms))
        assert int(seconds * 1000) == round(seconds * 1000) == timestamp_ms
