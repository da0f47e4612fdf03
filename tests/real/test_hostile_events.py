"""Invalid request events: every one is counted, and nothing breaks."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.real.archive import archived
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target
from tests.servers.victoria_metrics import VictoriaMetrics

LOAD = (*HEADLESS, "-u", "1")


def test_every_hostile_event_is_counted(
    prometheus: Prometheus, victoria_metrics: VictoriaMetrics, pushgateway: Pushgateway, tmp_path: Path
) -> None:
    """Odd names, methods, times, lengths and exceptions, and 100,000 names, all reach three types of store."""
    with LocustProcess(tmp_path, *LOAD, locustfile="hostile.py") as plain:
        usual = plain.wait()
    with LocustProcess(
        tmp_path, *LOAD, "--push-url", prometheus.write_url, "--push-url", victoria_metrics.write_url,
        "--push-url", pushgateway.url, "--push-run-id", "hostile", "--push-interval", "500ms", locustfile="hostile.py",
    ) as locust:  # fmt: skip
        assert locust.wait() == usual, locust.output[-3000:]
    fired = re.search(r"fired: (\d+) failed: (\d+)", locust.output)
    assert fired, locust.output[-3000:]
    requests, failures = map(int, fired.groups())
    for store in (prometheus, victoria_metrics):
        stored = Counts.stored(store, "hostile")
        assert (stored.requests, stored.failures) == (requests, failures), store.name
        assert overflow(store) > 90_000
    assert in_exposition(pushgateway.exposition())["locust_requests_total"] == requests
    assert_ours_is_quiet(locust.output)


def overflow(store: Prometheus | VictoriaMetrics) -> float:
    """Return the requests that were counted as __overflow__."""
    return store.value('sum(last_over_time(locust_requests_total{run_id="hostile",name="__overflow__"}[10m]))') or 0


def in_exposition(text: str) -> dict[str, float]:
    """Return sums of the samples of the run by name, as a strict parser reads them."""
    sums: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("run_id") == "hostile":
                sums[sample.name] += sample.value
    return sums


def assert_ours_is_quiet(output: str) -> None:
    """No traceback contains our files, and the overflow is warned of once, with an example."""
    tracebacks = re.findall(r'File "[^"]*/locust_push/[^"]*", line \d+', output)
    assert not tracebacks, output[:3000]
    assert "internal error" not in output
    [warning] = re.findall(r"locust-push: more than 1000 names; requests of '([^']*)'", output)
    assert warning.startswith("GET /item/")


@pytest.mark.parametrize("raises", ["RescheduleTask", "InterruptTaskSet"])
def test_a_listener_that_raises_hides_no_request(raises: str, target: Target, tmp_path: Path) -> None:
    """A locustfile's listener that raises stops later ones, but not ours."""
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "40", "-r", "40", "-H", target.url, "--push-url", "file:runs", "--push-run-id", "R",
        locustfile="raising_listener.py", environ={"RAISES": raises},
    ) as locust:  # fmt: skip
        locust.end_when(lambda: target.failures() > 30)
    assert archived(tmp_path / "runs", "R") == Counts.served(target), locust.output


def test_a_listener_that_leaves_takes_no_request_along(target: Target, tmp_path: Path) -> None:
    """sys.exit in a listener ends Locust immediately, with the data recorded until then, and no further load."""
    with LocustProcess(
        tmp_path, *LOAD, "-H", target.url, "--push-url", "file:runs", "--push-run-id", "R",
        locustfile="raising_listener.py", environ={"RAISES": "sys.exit"},
    ) as locust:  # fmt: skip
        assert locust.wait() == 1, locust.output
    assert target.failures() == 1
    assert archived(tmp_path / "runs", "R") == Counts.served(target), locust.output
