import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core import metrics
from locust_push.core.histogram import ZERO_THRESHOLD, DurationHistogram
from locust_push.core.native import (
    SCHEMAS,
    NativeBlock,
    NativeHistogram,
    empty,
    merged,
    relative_error,
    view,
)
from locust_push.core.series import Series

any_duration = st.one_of(
    st.floats(min_value=0.0, max_value=1e9),
    st.floats(min_value=1e-4, max_value=70.0),
    st.sampled_from([0.0, ZERO_THRESHOLD, 2.0**-19, 0.5, 1.0, 2.0, 4096.0, 1e9]),
)
resolved_duration = st.floats(min_value=math.nextafter(ZERO_THRESHOLD, 1), max_value=2.0**12)
schemas = st.sampled_from(SCHEMAS)
ROUNDING = 1e-9
"""Bounds and middles are rounded to the nearest float."""


def histogram(durations: list[float]) -> DurationHistogram:
    made = DurationHistogram((1.0,))
    if durations:
        made.add(sorted(1000.0 * seconds for seconds in durations), 1000.0 * sum(durations))
    return made


def native(durations: list[float], schema: int) -> NativeHistogram:
    return view(histogram(durations), schema)


def exact_quantile(durations: list[float], q: float) -> float:
    return sorted(durations)[max(1, math.ceil(q * len(durations))) - 1]


@pytest.mark.parametrize("schema", SCHEMAS)
@given(st.lists(resolved_duration, min_size=1, max_size=300), st.floats(min_value=0.0, max_value=1.0))
def test_a_quantile_is_within_the_stated_error(schema: int, durations: list[float], q: float) -> None:
    """At each schema a quantile is within its relative error of the exact order statistic."""
    exact = exact_quantile(durations, q)
    stated = relative_error(schema) * (1 + ROUNDING) + ROUNDING
    assert native(durations, schema).quantile(q) == pytest.approx(exact, rel=stated, abs=0)


def bucket_width(schema: int) -> float:
    """Largest error of a quantile that is interpolated within the right bucket, as histogram_quantile does."""
    return math.pow(2.0, 1 / (1 << schema)) - 1


@pytest.mark.parametrize("schema", SCHEMAS)
@given(resolved_duration)
def test_whatever_is_interpolated_within_a_bucket_is_within_its_width(schema: int, duration: float) -> None:
    """Both bounds of a duration's bucket are within the stated width of a bucket."""
    ((index, _),) = native([duration], schema).buckets.items()
    lower, upper = math.pow(2.0, (index - 1) / 2**schema), math.pow(2.0, index / 2**schema)
    assert lower * (1 - ROUNDING) <= duration <= upper * (1 + ROUNDING)
    assert upper / lower - 1 == pytest.approx(bucket_width(schema))


@pytest.mark.parametrize(
    ("schema", "error", "width"),
    [(0, 0.415, 1.0), (1, 0.19, 0.415), (2, 0.091, 0.19), (3, 0.045, 0.091), (4, 0.022, 0.045), (5, 0.011, 0.022)],
)
def test_the_errors_are_the_documented_ones(schema: int, error: float, width: float) -> None:
    """The figures of docs/native_histograms.md are rounded up, and tight."""
    assert error * 0.97 < relative_error(schema) <= error
    assert width * 0.97 < bucket_width(schema) <= width


@given(st.lists(any_duration), schemas)
def test_a_coarser_view_counts_what_the_definition_counts(durations: list[float], schema: int) -> None:
    """Merging neighbours gives every bucket the count within its own bounds; nothing is lost."""
    fine, coarse = native(durations, SCHEMAS[-1]), native(durations, schema)
    expected: Counter[int] = Counter()
    for index, count in fine.buckets.items():
        expected[math.ceil(index / 2 ** (SCHEMAS[-1] - schema))] += count
    assert coarse.buckets == expected
    assert coarse.zero_count + sum(coarse.buckets.values()) == coarse.count == len(durations)
    assert coarse.sum == sum(sorted(durations)) or coarse.sum == pytest.approx(sum(durations))


@given(st.lists(any_duration), schemas)
def test_spans_and_deltas_are_as_sparse_as_can_be(durations: list[float], schema: int) -> None:
    """Only non-empty buckets are included; no span is empty, and none could be joined with the previous one."""
    made = native(durations, schema)
    assert sum(length for _, length in made.spans) == len(made.deltas) == len(made.buckets)
    assert all(count > 0 for count in made.buckets.values())
    assert all(length > 0 for _, length in made.spans)
    assert all(gap > 0 for gap, _ in made.spans[1:])


def test_spans_and_deltas_are_those_of_the_specification() -> None:
    """The first offset is an index, later ones are gaps; deltas continue across a gap."""
    made = native([0.5, 1.0, 1.0, 1.5, 16.0], 0)
    assert made.spans == ((-1, 3), (2, 1))
    assert made.deltas == (1, 1, -1, 0)
    assert made.buckets == {-1: 1, 0: 2, 1: 1, 4: 1}


@given(st.lists(st.tuples(st.lists(any_duration), schemas), min_size=1), st.randoms())
def test_merging_equals_one_histogram_of_all(parts: list[tuple[list[float], int]], order: Random) -> None:
    """Histograms of any schemas, merged in any order, give the coarsest view of all of them."""
    shuffled = order.sample(parts, len(parts))
    together = merged(native(durations, schema) for durations, schema in shuffled)
    everything = native([value for durations, _ in parts for value in durations], min(schema for _, schema in parts))
    assert together.sum == pytest.approx(everything.sum)
    assert (together.schema, together.spans, together.deltas) == (
        everything.schema,
        everything.spans,
        everything.deltas,
    )
    assert (together.count, together.zero_count) == (everything.count, everything.zero_count)


def test_zero_buckets_of_other_widths_do_not_merge() -> None:
    """Different zero thresholds are refused rather than merged wrongly; so is an empty list."""
    other = NativeHistogram(3, 0.001, 0, 0, 0.0, (), ())
    with pytest.raises(ValueError, match="one zero threshold"):
        merged([native([1.0], 3), other])
    with pytest.raises(ValueError, match="at least one"):
        merged([])


def test_a_quantile_among_the_zeros_is_zero() -> None:
    """The zero bucket counts as 0, and without observations there is no quantile."""
    assert native([0.0, 0.0, 1.0], 3).quantile(0.5) == 0.0
    assert native([0.0], 3).quantile(1.0) == 0.0
    assert math.isnan(empty(3).quantile(0.5))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_empty_view_equals_the_empty_histogram(schema: int) -> None:
    """Before its first observation a series gives an empty histogram."""
    assert view(DurationHistogram((1.0,)), schema) == empty(schema)


def test_an_idle_histogram_is_not_viewed_again() -> None:
    """A block returns the same view until something is added, and then one of everything."""
    of = histogram([0.5])
    block = NativeBlock(Series(metrics.REQUEST_DURATION), of, 3)
    first = block.read()
    assert block.read() is first
    assert block.refresh() == 0
    of.add([700.0], 700.0)
    assert block.refresh() == 2
    assert block.read() == native([0.5, 0.7], 3)
    assert first == native([0.5], 3)


@given(st.lists(any_duration, max_size=500), schemas)
def test_the_size_is_bounded(durations: list[float], schema: int) -> None:
    """However the durations are spread, a view has at most 32 doublings of buckets."""
    assert len(native(durations, schema).deltas) <= 32 << schema
