"""Change points of a series."""

import math
import random

import pytest

from locust_push.results.statistics.change_points import change_points, normal_scores


def noise(count: int, deviation: float = 0.02, seed: int = 1) -> list[float]:
    source = random.Random(seed)  # noqa: S311  # no secret
    return [source.gauss(0, deviation) for _ in range(count)]


def test_a_step_is_found_where_it_is() -> None:
    """With both levels; the same values give the same result."""
    values = [value + (0.07 if number >= 40 else 0.0) for number, value in enumerate(noise(70))]
    (found,) = change_points(values)
    assert found.index == 40
    assert found.after - found.before == pytest.approx(0.07, abs=0.01)
    assert change_points(values) == (found,)


def test_a_drift_that_no_single_run_shows_is_found() -> None:
    """Five percent a week in ten weeks of daily runs, 0.7 % from one to the next with noise of 2 %."""
    values = [value + number / 7 * math.log(1.05) for number, value in enumerate(noise(70))]
    found = change_points(values)
    assert len(found) >= 3
    assert all(one.after > one.before for one in found)
    assert found[-1].after - found[0].before == pytest.approx(math.log(1.05) * 9, abs=0.12)


def test_series_without_a_change_rarely_have_one() -> None:
    """One in a hundred at the level of 1 %, whatever the noise looks like, wild values among it."""
    wild = [[math.copysign(value**2, value) for value in noise(40, 1.0, seed)] for seed in range(60)]
    assert sum(bool(change_points(values)) for values in wild) <= 3


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 30])
def test_short_or_constant_series_have_none(values: list[float]) -> None:
    """A constant series has no change points."""
    assert change_points(values) == ()


def test_values_that_are_equal_before_and_after_a_step_show_it() -> None:
    """As an error rate that is 0 in each run, and then something else."""
    (found,) = change_points([0.0] * 8 + [1.0] * 8)
    assert (found.index, found.low, found.high) == (8, 1.0, 1.0)


def test_scores_are_those_of_ranks() -> None:
    """Equal values have the same, and how far values lie apart does not matter."""
    assert normal_scores([1.0, 100.0, 1.0]) == pytest.approx(normal_scores([5.0, 6.0, 5.0]))
    assert sum(normal_scores([3.0, 1.0, 2.0])) == pytest.approx(0.0, abs=1e-9)
