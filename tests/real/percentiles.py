"""A run of three workers with different latency profiles, and the errors of its percentiles, by source."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from tests.real.archive import last_values
from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess

QUANTILES = ("0.5", "0.9", "0.95", "0.99", "0.999")

RUN_ID = "profiles"


@dataclass(frozen=True)
class Percentile:
    """One percentile of a run, in seconds, by each source."""

    quantile: str
    exact: float
    ours: float
    locusts: float
    average: float

    @staticmethod
    def error(said: float, exact: float) -> float:
        """Relative error, 0 to 1 and beyond."""
        return abs(said - exact) / exact


@dataclass(frozen=True)
class Profiles:
    """The results of the run.

    Attributes:
        requests: How many each worker made.
        counted: How many the summary of the run says.
        percentiles: One for each of :data:`QUANTILES`.
    """

    requests: tuple[int, ...]
    counted: float
    percentiles: tuple[Percentile, ...]


def run_profiles(folder: Path) -> Profiles:
    """Make a run of some seconds in ``folder``, and compare."""
    with LocustProcess(
        folder, *HEADLESS, *distributed(3), "-u", "6", "-r", "6", "-t", "8s", "--push-url", "file:runs",
        "--push-run-id", RUN_ID, "--push-interval", "1s", locustfile="profiles.py",
    ) as locust:  # fmt: skip
        assert locust.wait() == 0, locust.output
    times = [json.loads(path.read_text()) for path in sorted(folder.glob("times-*.json"))]
    own = json.loads((folder / "locust.json").read_text())
    return compared(times, last_values(folder / "runs", RUN_ID), own)


def compared(
    times: Sequence[Sequence[float]], stored: Mapping[tuple[str, ...], float], own: Mapping[str, float]
) -> Profiles:
    """Compare stored percentiles, in seconds, and Locust's with the exact times, in milliseconds."""
    everything = [one for worker in times for one in worker]
    return Profiles(
        tuple(map(len, times)),
        stored["locust_run_requests", "name=Aggregated"],
        tuple(
            Percentile(
                quantile,
                exact(everything, float(quantile)) / 1000,
                stored["locust_run_response_time_seconds", "name=Aggregated", f"quantile={quantile}"],
                own[quantile] / 1000,
                mean(exact(worker, float(quantile)) for worker in times) / 1000,
            )
            for quantile in QUANTILES
        ),
    )


def exact(values: Sequence[float], share: float) -> float:
    """Return the exact order statistic."""
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1]
