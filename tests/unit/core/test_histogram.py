import math
from bisect import bisect_left
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.histogram import (
    RELATIVE_ERROR,
    SCHEMA,
    ZERO_THRESHOLD,
    DurationHistogram,
    durations_since,
    milliseconds_within,
    quantile,
    upper_bound,
)

BOUNDS = (0.005, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

LOWEST_INDEX, HIGHEST_INDEX = -20 * (1 << SCHEMA) + 1, 12 * (1 << SCHEMA)

EDGES = [milliseconds_within(bound) for bound in (ZERO_THRESHOLD, *BOUNDS)]

any_time = st.one_of(
    st.floats(min_value=0.0, max_value=1e12),
    st.floats(min_value=0.1, max_value=70e3),
    st.sampled_from([0.0, *EDGES, *(math.nextafter(edge, math.inf) for edge in EDGES), 4096e3, 1e12]),
)
"""Response times, milliseconds."""

resolved_time = st.floats(min_value=math.nextafter(EDGES[0], 1), max_value=2.0**12 * 1000)


def histogram(times: list[float]) -> DurationHistogram:
    """Return durations from response times in milliseconds."""
    made = DurationHistogram(BOUNDS)
    if times:
        made.add(sorted(times), sum(times))
    return made


def bucket_index(time: float) -> int:
    """Return the exponential bucket of a response time, zeros separately."""
    (index,) = histogram([time]).exponential
    return index


def contents(of: DurationHistogram) -> tuple[object, ...]:
    return of.count, pytest.approx(of.sum), of.min, of.max, of.zeros, of.classic, of.exponential


@given(st.lists(resolved_time, min_size=1, max_size=300), st.floats(min_value=0.0, max_value=1.0))
def test_a_quantile_is_close_to_the_order_statistic(times: list[float], q: float) -> None:
    """A quantile is within RELATIVE_ERROR of the exact order statistic of its rank."""
    exact = sorted(times)[max(1, math.ceil(q * len(times))) - 1] / 1000.0
    # A few units in the last place above the guarantee, since bound and middle are rounded.
    assert histogram(times).quantile(q) == pytest.approx(exact, rel=RELATIVE_ERROR * (1 + 1e-9), abs=0)


def test_the_relative_error_is_the_documented_one() -> None:
    """The stated guarantee is 1.1 %, and values at a bucket's bound have exactly that error, so it is tight."""
    edge = upper_bound(0)
    # With neighbours, since no quantile leaves [min, max].
    crowd = histogram([500 * edge, *[1000 * edge] * 10, 2000 * edge])
    assert pytest.approx(0.0109, abs=5e-5) == RELATIVE_ERROR
    assert abs(crowd.quantile(0.5) - edge) / edge == pytest.approx(RELATIVE_ERROR, rel=0.02)


@given(st.lists(any_time, min_size=1), st.floats(min_value=0.0, max_value=1.0))
def test_a_quantile_lies_between_minimum_and_maximum(times: list[float], q: float) -> None:
    """No quantile is below the smallest duration or above the largest, whatever the durations are."""
    assert min(times) / 1000.0 <= histogram(times).quantile(q) <= max(times) / 1000.0


@given(st.lists(any_time, min_size=1))
def test_the_last_quantile_is_exact(times: list[float]) -> None:
    """The quantile 1 is the maximum itself."""
    assert histogram(times).quantile(1.0) == max(times) / 1000.0


def test_an_empty_histogram_has_no_quantile() -> None:
    """Without durations every quantile is NaN, not 0."""
    assert math.isnan(histogram([]).quantile(0.5))


@given(st.lists(st.lists(any_time)), st.randoms())
def test_merging_equals_adding_everything_to_one(parts: list[list[float]], order: Random) -> None:
    """Histograms merged in any order equal one histogram of all durations."""
    merged = DurationHistogram(BOUNDS)
    for part in order.sample(parts, len(parts)):
        merged.absorb(histogram(part).take_recent())
    assert contents(merged) == contents(histogram([value for part in parts for value in part]))


@given(st.lists(any_time))
def test_classic_counts_equal_a_naive_count(times: list[float]) -> None:
    """A classic bucket has the values up to and including its bound and above the previous one."""
    naive = [0] * (len(BOUNDS) + 1)
    for time in times:
        naive[bisect_left(BOUNDS, time / 1000.0)] += 1
    assert histogram(times).classic == naive


@given(st.lists(any_time))
def test_exponential_counts_equal_a_naive_count(times: list[float]) -> None:
    """An exponential bucket counts the values with its index, zeros separately; together they count every value."""
    naive: dict[int, int] = {}
    for time in times:
        if time / 1000.0 > ZERO_THRESHOLD:
            naive[bucket_index(time)] = naive.get(bucket_index(time), 0) + 1
    made = histogram(times)
    assert made.exponential == naive
    assert made.zeros + sum(naive.values()) == made.count == len(times)


@given(st.lists(any_time, min_size=1), st.integers(min_value=0))
def test_how_durations_are_batched_does_not_matter(times: list[float], cut: int) -> None:
    """Adding in two batches equals adding in one."""
    cut %= len(times)
    batched = histogram(times[:cut])
    batched.add(sorted(times[cut:]), sum(times[cut:]))
    assert contents(batched) == contents(histogram(times))


@given(resolved_time)
def test_a_value_is_in_its_bucket(time: float) -> None:
    """A bucket extends from above the previous bound up to and including its own bound."""
    index = bucket_index(time)
    assert upper_bound(index - 1) < time / 1000.0 <= upper_bound(index)


@given(st.integers(min_value=LOWEST_INDEX, max_value=HIGHEST_INDEX))
def test_bounds_are_inclusive(index: int) -> None:
    """A bound is in its own bucket, and the next larger number in the next one."""
    edge = milliseconds_within(upper_bound(index))
    assert bucket_index(edge) == index
    if index < HIGHEST_INDEX:
        assert bucket_index(math.nextafter(edge, math.inf)) == index + 1


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_limit_in_milliseconds_is_exact(seconds: float) -> None:
    """A number of milliseconds is within the limit if and only if the divided value is no more than the bound."""
    limit = milliseconds_within(seconds)
    assert limit / 1000.0 <= seconds < math.nextafter(limit, math.inf) / 1000.0


@given(resolved_time)
def test_buckets_are_those_of_a_native_histogram(time: float) -> None:
    """The index follows Prometheus' definition: the smallest i with value <= 2 ** (i * 2 ** -schema)."""
    exact = math.log2(time / 1000.0) * (1 << SCHEMA)
    # Only where the logarithm's own rounding cannot decide.
    if abs(exact - round(exact)) > 1e-9:
        assert bucket_index(time) == math.ceil(exact)


def test_bounds_double_exactly() -> None:
    """Every power of two is exactly a bound, and bounds are strictly increasing."""
    assert [upper_bound(power << SCHEMA) for power in range(-20, 13)] == [2.0**power for power in range(-20, 13)]
    bounds = [upper_bound(index) for index in range(LOWEST_INDEX, HIGHEST_INDEX + 1)]
    assert all(low < high for low, high in pairwise(bounds))


def test_tiny_durations_are_zeros() -> None:
    """Values up to the threshold are counted separately, and the quantile among them is the smallest."""
    tiny = histogram([0.0, EDGES[0], 1000.0])
    assert tiny.zeros == 2
    assert tiny.quantile(0.5) == 0.0


def test_durations_beyond_the_highest_bucket_are_kept() -> None:
    """Values beyond the highest bucket are counted in it, and the maximum stays exact."""
    huge = histogram([1e3, 1e8, 1e12])
    assert huge.exponential == {0: 1, HIGHEST_INDEX: 2}
    assert huge.max == huge.quantile(1.0) == 1e9


@given(st.lists(any_time, max_size=2000))
def test_the_size_is_bounded(times: list[float]) -> None:
    """At most 1,024 exponential buckets are kept, however many durations there are."""
    assert set(histogram(times).exponential) <= set(range(LOWEST_INDEX, HIGHEST_INDEX + 1))
    assert HIGHEST_INDEX - LOWEST_INDEX + 1 <= 1024


def test_the_state_shows_in_the_representation() -> None:
    """The representation has the number of durations."""
    assert repr(histogram([1e3, 2e3])) == "<DurationHistogram count=2 sum=3 s in 2 buckets>"


def test_what_was_added_since_is_known_with_its_extremes() -> None:
    """Counts and sum are exact, extremes precise to a bucket, since they are not kept separately."""
    histogram = DurationHistogram((1.0,))
    histogram.add([1.0, 900.0], 901.0)
    earlier = histogram.distribution
    histogram.add([20.0, 50.0], 70.0)
    since = durations_since(earlier, histogram.distribution)
    assert (since.count, since.zeros) == (2, 0)
    assert since.sum == pytest.approx(0.07)
    assert [since.min, since.max] == pytest.approx([0.02, 0.05], rel=0.022)
    assert quantile(since, 1.0) == pytest.approx(0.05, rel=0.022)
    nothing = durations_since(earlier, earlier)
    assert (nothing.count, nothing.max) == (0, 0.0)
