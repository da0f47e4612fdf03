"""Changes and their noise: how often chance is taken for a change, and how often a change is found."""

import math
import random
from collections.abc import Sequence

import pytest

from locust_push.core.labels import RowKey
from locust_push.results.statistics.changes import Reading, changes, middle_mean

ROWS: Sequence[RowKey] = [("GET", f"/{number}") for number in range(20)]
WITHIN = 0.025


class Runs:
    """Draws runs whose noise is known."""

    def __init__(self, between: float, *, apart: float = 0.0, seed: int = 0) -> None:
        self._source = random.Random(seed)  # noqa: S311  # no secret
        self._between, self._apart = between, apart

    def draw(self, shift: float = 0.0, only: RowKey | None = None) -> dict[RowKey, Reading]:
        """Return a run, all or one row of which are shifted."""
        common = self._source.gauss(0, self._between)
        return {
            key: Reading(common + self._noise() + (shift if only in {None, key} else 0.0), WITHIN**2, 240)
            for key in ROWS
        }

    def _noise(self) -> float:
        return self._source.gauss(0, math.hypot(self._apart, WITHIN))


def share_shown(runs: Runs, baselines: int, shift: float = 0.0, count: int = 300) -> float:
    """Return how often a run is shown to be slower as a whole, at 1 %."""
    found = 0
    for _ in range(count):
        estimate = changes(runs.draw(shift), [runs.draw() for _ in range(baselines)])
        found += bool(estimate and estimate.whole.chance(1) <= 0.01)
    return found / count


@pytest.mark.parametrize("baselines", [1, 2, 5])
@pytest.mark.parametrize("between", [0.003, 0.01, 0.02])
def test_false_alarms_are_rare(between: float, baselines: int) -> None:
    """Of a hundred runs of the same load some two at the most, on quiet machines and on busy ones."""
    assert share_shown(Runs(between, seed=1), baselines) <= 0.025


def test_a_slower_service_is_found() -> None:
    """By ten percent always and by five nearly so, with five baselines whose noise is below a percent."""
    assert share_shown(Runs(0.006), 5, math.log(1.10)) >= 0.99
    assert share_shown(Runs(0.006), 5, math.log(1.05)) >= 0.85


def test_more_baselines_find_more() -> None:
    """The noise that they show takes the place of the one that had to be expected."""
    shares = [share_shown(Runs(0.006), count, math.log(1.05), 100) for count in (1, 3, 10)]
    assert shares[0] < shares[1] < shares[2]


def test_a_row_is_found_on_a_machine_whose_speed_changes() -> None:
    """What all rows have in common hides no row, and makes none slower than the others."""
    runs, slow, found, false = Runs(0.05), ROWS[7], 0, 0
    for _ in range(100):
        estimate = changes(runs.draw(math.log(1.2), slow), [runs.draw() for _ in range(5)])
        assert estimate
        shown = [key for key, row in estimate.rows.items() if row.shown(1, 0.005, 0.005 / len(ROWS))]
        found += slow in shown
        false += len(shown) > 1
    assert found >= 95
    assert false <= 5


def test_rows_that_have_noise_of_their_own_raise_no_alarm() -> None:
    """Beyond chance within runs: baselines show it, all rows together."""
    runs, alarms = Runs(0.005, apart=0.05), 0
    for _ in range(100):
        estimate = changes(runs.draw(), [runs.draw() for _ in range(5)])
        assert estimate
        alarms += any(row.shown(1, 0.005, 0.005 / len(ROWS)) for row in estimate.rows.values())
    assert alarms <= 4


def test_one_odd_baseline_of_five_is_left_out() -> None:
    """With four of them none is: too few to say which one is odd."""
    runs = Runs(0.005)
    baselines = [runs.draw() for _ in range(4)] + [runs.draw(1.0)]
    with_odd, without = changes(runs.draw(0.2), baselines), changes(runs.draw(0.2), baselines[2:])
    assert with_odd
    assert with_odd.baselines == 4
    assert with_odd.whole.change == pytest.approx(0.2, abs=0.03)
    assert without
    assert without.baselines == 3


def test_more_requests_take_away_the_noise_within_runs_only() -> None:
    """The given multiple of the requests finds a change, or none does."""
    runs = Runs(0.005)
    estimate = changes(runs.draw(), [runs.draw() for _ in range(5)])
    assert estimate
    row = estimate.rows[ROWS[0]].apart
    assert row
    assert 1 < row.requests_needed(0.05, 0.001) < 20
    assert math.isinf(estimate.whole.requests_needed(0.001, 0.001))


def test_nothing_in_common_is_no_change() -> None:
    """A row that is on one side only is not compared."""
    here, there = ({("GET", name): Reading(0.0, 1e-4, 10)} for name in ("/a", "/b"))
    assert changes(here, [there]) is None
    both = changes({**here, **there}, [there])
    assert both
    assert [*both.rows] == [("GET", "/b")]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([(5.0, 1)], 5.0),
        ([(0.0, 1), (1.0, 1)], 0.5),
        ([(0.0, 1), (1.0, 1), (2.0, 1), (99.0, 1)], 1.5),
        ([(0.0, 1), (9.0, 9)], 9.0),
    ],
)
def test_the_middle_mean_is_that_of_the_middle_half(values: list[tuple[float, float]], expected: float) -> None:
    """By weight."""
    assert middle_mean(values) == pytest.approx(expected)


def test_a_row_that_stays_while_all_others_slow_down_is_not_faster() -> None:
    """It differs from the others for sure, and from what it was by no more than chance."""
    runs, kept = Runs(0.002, seed=3), ROWS[7]
    baselines = [runs.draw() for _ in range(5)]
    slower = runs.draw(math.log(1.4))
    estimate = changes({**slower, kept: Reading(baselines[0][kept].log - 0.02, WITHIN**2, 240)}, baselines)
    assert estimate
    assert not estimate.rows[kept].shown(-1, 0.005, 0.005 / len(ROWS))
    assert estimate.rows[ROWS[0]].shown(1, 0.005, 0.005 / len(ROWS))


def test_rows_below_a_millisecond_hide_no_other_row() -> None:
    """Ten that differ by a fifth from run to run, beside one of 40 ms that is found when it is 30 % slower."""
    source = random.Random(5)  # noqa: S311  # no secret
    slow, found, false = ROWS[10], 0, 0

    def draw(shift: float = 0.0) -> dict[RowKey, Reading]:
        fast = {key: Reading(source.gauss(0, math.hypot(0.2, WITHIN)), WITHIN**2, 240, 0.2**2) for key in ROWS[:10]}
        return {**fast, slow: Reading(source.gauss(shift, WITHIN), WITHIN**2, 240, 0.0025**2)}

    for _ in range(100):
        estimate = changes(draw(math.log(1.3)), [draw() for _ in range(5)])
        assert estimate
        tails = {key: (0.005 if row.apart else 0.01 / 11, 0.005 / 11) for key, row in estimate.rows.items()}
        shown = [key for key, row in estimate.rows.items() if row.shown(1, *tails[key])]
        found += slow in shown
        false += len(shown) > 1
    assert found >= 90
    assert false <= 5
