"""OpenMetrics, checked by prometheus_client's strict parser."""

from prometheus_client import Metric as Family
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from locust_push.core.exemplar import Exemplar
from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.openmetrics import OpenMetricsEncoder

COUNTER = Metric("response_bytes_total", MetricType.COUNTER, 'Bytes, "all" of them.', "bytes")
GAUGE = Metric("users", MetricType.GAUGE, "Users.")
HISTOGRAM = Metric("duration_seconds", MetricType.HISTOGRAM, "Durations.", "seconds")

SERIES = [
    Series(COUNTER, (("name", '/"a"'),)),
    Series(GAUGE),
    Series(HISTOGRAM, (("le", "0.5"),), "_bucket"),
    Series(HISTOGRAM, (("le", "+Inf"),), "_bucket"),
    Series(HISTOGRAM, (), "_sum"),
    Series(HISTOGRAM, (), "_count"),
]
EXEMPLARS = {
    0: Exemplar((("trace_id", "a"),), 3.0, 1500),
    1: Exemplar((("trace_id", "b"),), 1.0, 1500),
    2: Exemplar((("trace_id", "c"),), 0.25, 1600),
}


def parsed() -> list[Family]:
    families: list[Family] = list(text_string_to_metric_families(body()))  # type: ignore[no-untyped-call]  # its own
    return families


def body() -> str:
    snapshot = Snapshot(2000, 1000, SERIES, [3.0, 2.5, 1.0, 1.0, 0.25, 1.0], 0, exemplars=EXEMPLARS)
    return b"".join(OpenMetricsEncoder((("job", "locust"),)).encode(snapshot)).decode()


def test_a_strict_parser_reads_every_family_and_sample() -> None:
    """Families, types, units, helps, labels and values are preserved; a counter's family has no _total."""
    families = {family.name: family for family in parsed()}
    assert {name: (family.type, family.unit, family.documentation) for name, family in families.items()} == {
        "response_bytes": ("counter", "bytes", 'Bytes, "all" of them.'),
        "users": ("gauge", "", "Users."),
        "duration_seconds": ("histogram", "seconds", "Durations."),
    }
    [sample] = families["response_bytes"].samples
    assert (sample.name, sample.labels, sample.value) == (
        "response_bytes_total",
        {"job": "locust", "name": '/"a"'},
        3.0,
    )
    assert len(families["duration_seconds"].samples) == 4


def test_exemplars_stand_behind_counters_and_buckets() -> None:
    """Exemplars are written where the format allows them, with labels, value and time in seconds."""
    found = {
        sample.name: (dict(sample.exemplar.labels), sample.exemplar.value, float(sample.exemplar.timestamp))
        for family in parsed()
        for sample in family.samples
        if sample.exemplar is not None and sample.exemplar.timestamp is not None
    }
    assert found == {
        "response_bytes_total": ({"trace_id": "a"}, 3.0, 1.5),
        "duration_seconds_bucket": ({"trace_id": "c"}, 0.25, 1.6),
    }


def test_the_end_is_marked() -> None:
    """The last line is EOF, so that an incomplete scrape is detected."""
    assert body().endswith("\n# EOF\n")
