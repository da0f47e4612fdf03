from itertools import pairwise

import pytest

from locust_push.core import metrics
from locust_push.core.delta import Totals
from locust_push.core.series import Series
from locust_push.core.snapshot import Snapshot
from locust_push.live.run_record import MAX_REPORTS, RunRecord

SERIES = [Series(metrics.REQUESTS), Series(metrics.CURRENT_USERS), Series(metrics.REQUESTS_PER_SECOND)]


def record(ticks: int, limit: int = 8) -> RunRecord:
    made = RunRecord(0.0, limit)
    for number in range(ticks):
        made.observe(Snapshot(number * 1000, 0, SERIES, [7.0, float(number), 2.0], 3))
    return made


def test_what_holds_for_the_run_is_kept_tick_by_tick() -> None:
    """Counters of requests are not kept: their last value is in the table."""
    assert record(3).curves() == [
        (SERIES[1], [(0, 0.0), (1000, 1.0), (2000, 2.0)]),
        (SERIES[2], [(0, 2.0), (1000, 2.0), (2000, 2.0)]),
    ]


def test_a_long_run_is_thinned_out_evenly() -> None:
    """The number of ticks is limited, they cover the run from its start, and have equal distances."""
    for ticks in range(1, 200):
        times = [time_ms for time_ms, _ in record(ticks).curves()[0][1]]
        assert len(times) <= 8
        assert times[0] == 0
        assert len({after - before for before, after in pairwise(times)}) <= 1
        assert times[-1] > (ticks - 1) * 1000 / 2 - 1


def test_nothing_is_told_before_the_first_tick() -> None:
    """A short run is kept completely."""
    assert RunRecord(0.0).curves() == []


def test_counts_of_a_process_begin_at_zero_and_keep_all_requests_however_many_reports() -> None:
    """Times are those of the reports, as wall-clock times; the newest count is never dropped."""
    kept = RunRecord(begin=100.0)
    for number in range(1000):
        kept.count("worker", Totals(10, 1), 100.0 + number, 101.0 + number)
    curves = dict(kept.counted(5.0))
    assert curves["success"][0] == (5000, 0.0)
    assert curves["success"][-1] == (1_005_000, 9000.0)
    assert curves["failure"][-1] == (1_005_000, 1000.0)
    assert len(curves["failure"]) <= MAX_REPORTS
    assert all(value == pytest.approx((at - 5000) / 1000) for at, value in curves["failure"])
