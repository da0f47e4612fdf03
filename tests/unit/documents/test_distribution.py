from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.documents.distribution import BINS, grid, shares
from locust_push.results.model import Bucket, Precision, PrecisionSource, ResultRow
from tests.unit.documents.summaries import row


def with_buckets(*buckets: Bucket, slowest: float = 0.0) -> ResultRow:
    return replace(row("/"), histogram=buckets, response_times={"max": slowest} if slowest else {})


edges = st.lists(st.floats(0.0, 1e4), min_size=2, max_size=20, unique=True).map(sorted)


@given(edges, st.data())
def test_no_request_is_lost_on_the_grid(bounds: list[float], data: st.DataObject) -> None:
    """The shares of all bins add up to 100 percent for any buckets."""
    counts = data.draw(st.lists(st.integers(1, 1000), min_size=len(bounds) - 1, max_size=len(bounds) - 1))
    made = with_buckets(*map(Bucket, bounds, bounds[1:], map(float, counts)))
    assert sum(shares(made, grid([made]))) == pytest.approx(100.0, abs=0.1)


def test_a_grid_holds_all_rows_in_bins_of_one_ratio() -> None:
    """The grid covers both runs, and its bins have equal ratios."""
    bounds = grid([with_buckets(Bucket(0.01, 0.02, 5)), with_buckets(Bucket(0.1, 1.0, 5))])
    assert len(bounds) == BINS + 1
    assert (bounds[0], bounds[-1]) == pytest.approx((0.01, 1.0))
    assert bounds[1] / bounds[0] == pytest.approx(bounds[-1] / bounds[-2])


def test_open_buckets_end_where_the_run_says_or_else_at_twice_their_bound() -> None:
    """An open bucket ends at the slowest request or twice its bound; one from 0 starts at half."""
    made = with_buckets(Bucket(0.0, 0.1, 5), Bucket(0.5, float("inf"), 1), slowest=3.0)
    assert (grid([made])[0], grid([made])[-1]) == pytest.approx((0.05, 3.0))
    unknown = with_buckets(Bucket(0.5, float("inf"), 1))
    assert grid([unknown])[-1] == pytest.approx(1.0)


def test_without_durations_there_is_no_grid() -> None:
    """Without durations, or with empty buckets, there are no bins."""
    assert grid([with_buckets(), with_buckets(Bucket(0.1, 0.2, 0))]) == ()


@pytest.mark.parametrize("source", [PrecisionSource.SUMMARY, PrecisionSource.NATIVE])
def test_known_quantiles_show_peaks_within_a_bucket(source: PrecisionSource) -> None:
    """Of a store's wide buckets: most at 1 ms, the rest at 4 ms, little in between; fine ones stay as they are."""
    times = {"min": 0.00095, "p50": 0.001, "p90": 0.004, "p95": 0.0041, "p99": 0.0042, "p99.9": 0.0042, "max": 0.0043}
    histogram = (Bucket(0.0, 0.005, 1000.0),)
    made = replace(row("/"), histogram=histogram, response_times=times, precision=Precision(source, None))
    bounds = grid([made], 20)
    drawn = shares(made, bounds)
    assert sum(drawn) == pytest.approx(100.0)
    if source is PrecisionSource.NATIVE:
        assert max(drawn) == pytest.approx(min(drawn))
    else:
        assert (bounds[0], bounds[-1]) == pytest.approx((0.00095, 0.0043))
        middle = max(share for share, low in zip(drawn, bounds, strict=False) if 0.0012 < low < 0.0035)
        assert 2 * middle < min(drawn[0], drawn[-1])
