import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from locust_push.core.series import Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.wire.exposition.text import CONTENT_TYPE, TextEncoder, format_value

COUNTER = Metric("requests_total", MetricType.COUNTER, "Requests.")
GAUGE = Metric("users", MetricType.GAUGE, 'Users: back\\slash, "quotes",\nline feed.')
HISTOGRAM = Metric("duration_seconds", MetricType.HISTOGRAM, "Durations.", "seconds")

Sample = tuple[str, dict[str, str], float]

any_text = st.text(st.characters(exclude_categories=["Cs"]))


def snapshot(series: list[Series], values: Iterable[float], known: int = 0) -> Snapshot:
    return Snapshot(2000, 1000, series, list(values), known)


def text(encoder: TextEncoder, of: Snapshot) -> str:
    return b"".join(encoder.encode(of)).decode()


def parse(body: str) -> list[Sample]:
    """Return all samples, in order, as an independent parser reads them."""
    families = list(text_string_to_metric_families(body))
    return [(sample.name, dict(sample.labels), sample.value) for family in families for sample in family.samples]


def test_a_body_looks_as_the_format_wants() -> None:
    """Each family follows its one HELP and TYPE, in order of first appearance, without timestamps."""
    series = [
        Series(COUNTER, (("name", "/a"),)),
        Series(GAUGE),
        Series(HISTOGRAM, (("le", "0.5"),), "_bucket"),
        Series(HISTOGRAM, (), "_sum"),
        Series(COUNTER, (("name", "/b"),)),
    ]
    body = text(TextEncoder((("job", "locust"),)), snapshot(series, [3, 2.5, 1, 0.25, 4]))
    assert body.split("\n") == [
        "# HELP requests_total Requests.",
        "# TYPE requests_total counter",
        'requests_total{job="locust",name="/a"} 3',
        'requests_total{job="locust",name="/b"} 4',
        r'# HELP users Users: back\\slash, "quotes",\nline feed.',
        "# TYPE users gauge",
        'users{job="locust"} 2.5',
        "# HELP duration_seconds Durations.",
        "# TYPE duration_seconds histogram",
        'duration_seconds_bucket{job="locust",le="0.5"} 1',
        'duration_seconds_sum{job="locust"} 0.25',
        "",
    ]


def test_a_series_without_labels_has_no_braces() -> None:
    """A sample without any label is its name and value."""
    assert text(TextEncoder(()), snapshot([Series(GAUGE)], [1])).endswith("\nusers 1\n")


@given(st.lists(st.tuples(any_text, any_text), min_size=1, max_size=20, unique=True), any_text)
def test_another_parser_reads_the_same_labels(pairs: list[tuple[str, str]], common: str) -> None:
    """Any label value survives escaping; an empty one is the same as none."""
    series = [Series(GAUGE, (("first", first), ("second", second))) for first, second in pairs]
    body = text(TextEncoder((("common", common),)), snapshot(series, range(len(pairs))))
    expected = [
        ("users", {name: value for name, value in (("common", common), *one.labels) if value}, float(number))
        for number, one in enumerate(series)
    ]
    assert parse(body) == expected


@given(st.lists(st.one_of(st.floats(), st.integers(0, 2**60)), min_size=1))
def test_another_parser_reads_the_same_values(values: list[float]) -> None:
    """Every value reads back as the same number, NaN and both infinities included."""
    series = [Series(GAUGE, (("number", str(number)),)) for number in range(len(values))]
    read = [value for _, _, value in parse(text(TextEncoder(()), snapshot(series, values)))]
    assert [repr(float(value)) for value in read] == [repr(float(value)) for value in values]


@pytest.mark.parametrize(
    ("value", "written"),
    [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (0, "0"), (1.0, "1.0"), (0.1, "0.1"), (1e-7, "1e-07")],
)
def test_values_are_written_as_the_format_wants(value: float, written: str) -> None:
    """NaN and infinity have the spelling of the format; others are the shortest exact text."""
    assert format_value(value) == written


@given(st.lists(st.lists(st.sampled_from([COUNTER, GAUGE, HISTOGRAM]), max_size=8), min_size=1, max_size=6))
def test_a_growing_table_is_encoded_as_if_it_were_new(growth: list[list[Metric]]) -> None:
    """Caching does not show: each body equals that of a new encoder, with contiguous families."""
    encoder, series = TextEncoder((("job", "locust"),)), list[Series]()
    for metrics in growth:
        series += [Series(metric, (("number", str(len(series) + new)),)) for new, metric in enumerate(metrics)]
        current = snapshot(list(series), range(len(series)))
        body = text(encoder, current)
        assert body == text(TextEncoder((("job", "locust"),)), current)
        types = [line for line in body.split("\n") if line.startswith("# TYPE")]
        assert len(types) == len(set(types)) == len({one.metric for one in series})
        assert sorted(value for _, _, value in parse(body)) == list(range(len(series)))


def test_series_that_join_after_the_snapshot_are_left_out() -> None:
    """A table may grow before its snapshot is encoded; only series with a value are encoded."""
    series = [Series(GAUGE, (("number", str(number)),)) for number in range(3)]
    assert len(parse(text(TextEncoder(()), snapshot(series, [1, 2])))) == 2


def test_a_large_body_comes_in_parts() -> None:
    """Parts are bounded, so that the caller can pause in between."""
    series = [Series(GAUGE, (("number", str(number)),)) for number in range(20_000)]
    parts = list(TextEncoder(()).encode(snapshot(series, range(20_000))))
    assert max(part.count(b"\n") for part in parts) <= 4002
    assert parts.count(b"") == 20, "learning new series pauses, too"
    assert len(parse(b"".join(parts).decode())) == 20_000


def test_an_empty_snapshot_is_an_empty_body() -> None:
    """Without series the body is empty."""
    assert text(TextEncoder(()), snapshot([], [])) == ""


def test_the_state_and_the_content_type_are_told() -> None:
    """The representation has the number of known series, and the content type the version of the format."""
    encoder = TextEncoder(())
    text(encoder, snapshot([Series(GAUGE), Series(COUNTER)], [1, 2]))
    assert repr(encoder) == "<TextEncoder 2 series in 2 families>"
    assert "version=0.0.4" in CONTENT_TYPE
