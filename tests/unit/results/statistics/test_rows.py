"""Failures, noise within runs, and mixtures of requests, out of results of runs."""

import math
import random
from dataclasses import replace

import pytest

from locust_push.results.measures import MEASURES
from locust_push.results.model import Point, RunResults
from locust_push.results.statistics.blocks import noise_factor
from locust_push.results.statistics.failures import failures_by_chance
from locust_push.results.statistics.mixture import jumps, mix, mix_distance, with_mix
from locust_push.results.statistics.readings import reading
from tests.unit.summaries import row, summary

BLOCKS = 60


def run_over_time(block_noise: float) -> RunResults:
    """Return a run whose median scatters from one block of ten seconds to the next."""
    source = random.Random(2)  # noqa: S311  # no secret
    medians = [0.05 * math.exp(source.gauss(0, block_noise)) for _ in range(BLOCKS)]
    points = tuple(Point(5.0 * n, 10.0, 1.0, 0.0, medians[n // 2], 0.1, 0.15) for n in range(2 * BLOCKS))
    return replace(summary(row("/", requests=6000)), series=points)


def test_blocks_that_scatter_more_make_the_noise_larger() -> None:
    """Of independent requests they scatter by so much, and the factor is 1; without a run over time it is, too."""
    assert noise_factor(run_over_time(0.01)) == 1.0
    assert noise_factor(run_over_time(0.3)) > 4 * noise_factor(run_over_time(0.15)) / 1.5 > 1
    assert noise_factor(summary(row("/"))) == 1.0


def test_failures_are_counted_against_chance() -> None:
    """More, fewer, as many; and bursts among the baselines leave fewer independent requests."""
    before = [row("/", failures=10) for _ in range(5)]
    assert failures_by_chance(row("/", failures=30), before, 1) < 0.001
    assert failures_by_chance(row("/", failures=0), before, -1) < 0.01
    assert failures_by_chance(row("/", failures=10), before, 1) > 0.4
    assert failures_by_chance(row("/"), [row("/")], -1) == 1.0
    bursts = [row("/", failures=failures) for failures in (0, 0, 50, 0, 0)]
    assert failures_by_chance(row("/", failures=30), bursts, 1) > 0.01


def test_a_mix_is_held_against_another() -> None:
    """Half of the requests of another kind are a distance of a half; a percentile follows the mix."""
    of = summary(row("/fast", p95=0.01, requests=500), row("/slow", p95=1.0, requests=500))
    fast, slow = ("GET", "/fast"), ("GET", "/slow")
    assert mix_distance(mix(of), {fast: 1.0}) == pytest.approx(0.5)
    p95 = MEASURES["p95"]
    assert with_mix(of, {fast: 1.0}, p95) == pytest.approx(0.01, rel=0.01)
    assert with_mix(of, {slow: 1.0}, p95) == pytest.approx(1.0, rel=0.01)
    assert with_mix(of, {fast: 0.5, slow: 0.5}, p95) > 0.5
    assert math.isnan(with_mix(of, {("GET", "/other"): 1.0}, p95))


def test_a_percentile_between_kinds_of_requests_jumps() -> None:
    """A steep place of the distribution, and more than one row; with many requests it is steady."""
    steep = {"p90": 0.1, "p95": 0.12, "p99": 1.5}
    few, many = (summary(row("/a", requests=half), row("/b", requests=half)) for half in (150, 10**6))
    few, many = (replace(one, aggregated=replace(one.aggregated, response_times=steep)) for one in (few, many))
    assert jumps(few, MEASURES["p95"]) > 20
    assert jumps(many, MEASURES["p95"]) == 0.0
    assert jumps(replace(few, rows=few.rows[:1]), MEASURES["p95"]) == 0.0
    assert jumps(few, MEASURES["rps"]) == 0.0


def test_short_durations_differ_between_runs_by_what_clocks_add() -> None:
    """By a tenth at a millisecond, by hardly anything at a second; and a count by nothing."""
    fast, slow = (row("/", p95=seconds, requests=1000) for seconds in (0.001, 1.0))
    p95, rps = MEASURES["p95"], MEASURES["rps"]
    clocks = [found.clock for one in (fast, slow) if (found := reading(one, p95))]
    assert clocks == pytest.approx([0.1**2, 0.0001**2])
    count = reading(fast, rps)
    assert count
    assert count.clock == 0.0
