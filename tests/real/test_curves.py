"""The run over time: what reports, dashboards and scrapers show is the rate at which requests were made."""

import json
from pathlib import Path
from statistics import fmean

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.locust_process import LocustProcess
from tests.servers.target import Target



@pytest.mark.parametrize("mode", ["local", "distributed"])
@pytest.mark.parametrize("seconds", [6, 10, 45])
def test_the_mean_of_the_curve_is_the_rate_of_the_run(target: Target, tmp_path: Path, mode: str, seconds: int) -> None:
    """From its first point on, in runs far shorter than the window and longer ones; and the plateau is there at once."""
    arguments = (*HEADLESS, *(distributed() if mode == "distributed" else ()), "-u", "8", "-r", "80")
    with LocustProcess(
        tmp_path, *arguments, "-t", f"{seconds}s", "-H", target.url, "--push-url", "file:runs",
        "--push-interval", "1s", "--push-report", "r.json",
    ) as locust:  # fmt: skip
        assert locust.wait(90) == 0, locust.output
    run = json.loads((tmp_path / "r.json").read_text())["run"]
    rates = [point["requests_per_second"] for point in run["series"] if point["requests_per_second"] is not None]
    mean = run["aggregated"]["requests_per_second"]
    assert fmean(rates) == pytest.approx(mean, rel=0.05), rates
    assert rates[:2] == pytest.approx([mean, mean], rel=0.15), rates
    assert run["series"][-1]["elapsed"] == pytest.approx(run["duration"])
