"""A receiver that refuses, hangs or is missing affects only the data, and the log has the reason."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, distributed
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target
from tests.unit.delivery.server import Hang, Reset, Step, reply, serving

FLUSH_TIMEOUT = 1.0
SLACK = 1.5
"""Seconds: half of one is promised, the rest is for a machine that does other work as well."""

PUSH = ("--push-interval", "500ms", "--push-timeout", "700ms", "--push-flush-timeout", f"{FLUSH_TIMEOUT:g}s")
LOAD = ("-u", "2", "-r", "2")
FOREVER = 1000


@dataclass(frozen=True)
class Bad:
    """A misbehaving receiver.

    Attributes:
        step: What it does with every request.
        words: What the log must say of it, once.
        end: Pattern of what the end line must say of what was not delivered.
    """

    step: Step
    words: str
    end: str


LOST = r"[1-9][\d,]* samples lost \({reason}: [1-9]"
SPOOLED = r"nothing lost; [1-9][\d,]* samples are undelivered in \.locust-push/.* locust-push replay \.locust-push/"


def refusing(status: int) -> Bad:
    """Answer every request with a final status."""
    return Bad(
        reply(status, b"we do not want it"), f"http_{status}: we do not want it", LOST.format(reason=f"http_{status}")
    )


def misdirected(status: int) -> Bad:
    """Answer every request with a status that needs a fix."""
    return Bad(reply(status, b"we do not want it"), f"http_{status}: we do not want it", SPOOLED)


def failing(status: int, **headers: str) -> Bad:
    """Answer every request with a temporary status."""
    return Bad(reply(status, b"not now", **headers), f"http_{status}: not now; will retry", SPOOLED)


RECEIVERS = {
    "400": refusing(400),
    **{str(status): misdirected(status) for status in (307, 401, 403, 404, 405, 413, 415)},
    "a login page": Bad(
        reply(200, b"<h1>Log in</h1>", Content_Type="text/html"), "web_page: http_200 with a web page", SPOOLED
    ),
    "429": failing(429, Retry_After="30"),
    "500": failing(500),
    "503": failing(503),
    "hangs": Bad(Hang(), "timeout: no answer within 0.7 s", SPOOLED),
    "hangs in its answer": Bad(Hang(b"HTTP/1.1 200"), "timeout: no answer within 0.7 s", SPOOLED),
    "closes half-way": Bad(Reset(b"HTTP/1.1 200 OK\r\nContent-Le"), "closed: ", SPOOLED),
}


@contextmanager
def receiver(case: str) -> Iterator[str]:
    """Return the URL of a misbehaving receiver."""
    with serving(*[RECEIVERS[case].step] * FOREVER) as server:
        yield server.url


def stop(locust: LocustProcess) -> float:
    """End the run; return the seconds that the process took to end."""
    told = locust.signal(signal.SIGTERM)
    locust.wait()
    return time.monotonic() - told


@pytest.fixture(scope="session")
def usual_exit(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return the seconds that the same run takes to end without pushing."""
    with LocustProcess(tmp_path_factory.mktemp("usual"), *HEADLESS, *LOAD, "-H", "http://127.0.0.1:1") as locust:
        locust.wait_for("All users spawned")
        return stop(locust)


def end_line(locust: LocustProcess) -> str:
    """Return the last line about the deliveries of a run."""
    [line] = [line for line in locust.push_lines() if ": delivered " in line]
    return line


@pytest.mark.parametrize("case", RECEIVERS)
def test_a_bad_receiver_does_not_touch_the_run(case: str, usual_exit: float, target: Target, tmp_path: Path) -> None:
    """The run continues, the server's error text is logged once, and the end line has the losses."""
    bad = RECEIVERS[case]
    with (
        receiver(case) as url,
        LocustProcess(tmp_path, *HEADLESS, *LOAD, "-H", target.url, *PUSH, "--push-url", url) as locust,
    ):
        locust.wait_for(bad.words)
        after = target.total()
        eventually(lambda: target.total() > after + 20, within=30)
        delay = stop(locust)
    assert locust.exit_code == 0, locust.output
    assert locust.output.count(bad.words) == 1, locust.output
    assert re.search(bad.end, end_line(locust)), locust.output
    assert delay < usual_exit + FLUSH_TIMEOUT + SLACK
    assert "Traceback" not in locust.output


def test_without_a_spool_what_is_undelivered_is_lost(target: Target, tmp_path: Path) -> None:
    """With the spool turned off, the end line has the flush timeout as the reason of the loss."""
    with (
        receiver("503") as url,
        LocustProcess(
            tmp_path, *HEADLESS, *LOAD, "-H", target.url, *PUSH, "--push-url", url, "--push-spool", ""
        ) as locust,
    ):
        assert locust.end_when(lambda: "will retry" in locust.output) == 0, locust.output
    assert re.search(LOST.format(reason="flush_timeout"), end_line(locust)), locust.output


def test_an_unreachable_receiver_does_not_touch_a_distributed_run(
    usual_exit: float, target: Target, tmp_path: Path
) -> None:
    """Master and workers each log the problem once, and end in time."""
    url = f"http://127.0.0.1:{free_port()}/api/v1/write"
    with LocustProcess(
        tmp_path, *HEADLESS, *distributed(), *LOAD, "-H", target.url, *PUSH, "--push-url", url
    ) as locust:
        eventually(lambda: locust.output.count("Connection refused; will retry") == 3, within=30)
        delay = stop(locust)
    assert locust.exit_code == 0, locust.output
    assert locust.output.count("Connection refused; will retry") == 3, locust.output
    assert len([line for line in locust.push_lines() if re.search(SPOOLED, line)]) == 3, locust.output
    # A master waits half a second for its workers' last reports, and a tenth for their last words.
    assert delay < usual_exit + 0.6 + FLUSH_TIMEOUT + SLACK


@pytest.mark.parametrize("case", ["400", "503"])
def test_failed_requests_decide_the_exit_code(case: str, target: Target, tmp_path: Path) -> None:
    """If requests failed, Locust's own exit code of 1 is kept."""
    with (
        receiver(case) as url,
        LocustProcess(tmp_path, "--headless", *LOAD, "-H", target.url, *PUSH, "--push-url", url) as locust,
    ):
        assert locust.end_when(lambda: target.failures() > 0 and RECEIVERS[case].words in locust.output) == 1


@pytest.mark.parametrize("trouble", [reply(503), reply(429, Retry_After="1"), Hang(), Reset()])
def test_nothing_is_lost_when_the_receiver_recovers(trouble: Step, target: Target, tmp_path: Path) -> None:
    """Failed deliveries at the beginning are retried successfully before the end."""
    with (
        serving(trouble, trouble, trouble) as server,
        LocustProcess(
            tmp_path, *HEADLESS, *LOAD, "-H", target.url, *PUSH, "--push-url", server.url, "--push-flush-timeout", "20s"
        ) as locust,
    ):
        assert locust.end_when(lambda: "delivered again" in locust.output) == 0, locust.output
    assert [line for line in locust.push_lines() if line.endswith("nothing lost") and " 3 retries" in line]


def test_an_outage_that_the_run_outlives_leaves_no_gap(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """A receiver that recovers during the run gets all missed data."""
    store = start_server(Prometheus)
    store.stop()
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "2", "-r", "2", "-H", target.url,
        "--push-url", store.own_write_url, "--push-run-id", "outage", "--push-interval", "500ms",
    ) as locust:  # fmt: skip
        locust.wait_for("Connection refused")
        store.start(store.port)
        assert locust.end_when(lambda: "delivered again" in locust.output) == 0, locust.output
    assert Counts.stored(store, "outage") == Counts.served(target), locust.output


REQUIRED = (*PUSH, "--push-required")


@pytest.mark.parametrize("mode", ["local", "distributed"])
@pytest.mark.parametrize("end", ["-t", "SIGTERM"])
def test_required_delivery_that_failed_is_exit_code_4(mode: str, end: str, target: Target, tmp_path: Path) -> None:
    """With --push-required, missing data changes the exit code, however the run ended."""
    processes = distributed() if mode == "distributed" else ()
    limit = ("-t", "3s") if end == "-t" else ()
    with (
        receiver("503") as url,
        LocustProcess(
            tmp_path, *HEADLESS, *processes, *LOAD, *limit, "-H", target.url, *REQUIRED, "--push-url", url
        ) as locust,
    ):
        code = locust.wait() if limit else locust.end_when(lambda: "will retry" in locust.output)
    assert code == 4, locust.output


@pytest.mark.parametrize("mode", ["local", "distributed"])
def test_required_delivery_that_succeeded_is_exit_code_0(
    mode: str, prometheus: Prometheus, target: Target, tmp_path: Path
) -> None:
    """With --push-required, complete delivery leaves the exit code at 0, and totals are exact."""
    processes = distributed() if mode == "distributed" else ()
    run_id = f"required-{mode}"
    with LocustProcess(
        tmp_path, *HEADLESS, *processes, *LOAD, "-H", target.url,
        *REQUIRED, "--push-flush-timeout", "20s", "--push-url", prometheus.write_url, "--push-run-id", run_id,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 60) == 0, locust.output
    assert Counts.stored(prometheus, run_id) == Counts.served(target), locust.output


def reported(locust: LocustProcess) -> bool:
    """Whether Locust has printed its last table completely."""
    return locust.output.partition("Error report")[2].count("---|---") == 2


def test_two_interrupts_end_a_flush(target: Target, tmp_path: Path) -> None:
    """After the Ctrl-C that ends the run, the next one logs the remaining time, and another one ends the flush."""
    with (
        receiver("hangs") as url,
        LocustProcess(
            tmp_path, *HEADLESS, *LOAD, "-H", target.url, "--push-interval", "500ms",
            "--push-flush-timeout", "60s", "--push-url", url,
        ) as locust,
    ):  # fmt: skip
        eventually(lambda: target.failures() > 0, within=30)
        locust.signal(signal.SIGINT)
        eventually(lambda: reported(locust) and locust.asleep, within=30)  # what comes before is Locust's to answer
        locust.signal(signal.SIGINT)
        locust.wait_for("Ctrl-C again gives up")
        locust.signal(signal.SIGINT)
        assert locust.wait(10) == 0, locust.output
    assert re.search(SPOOLED, end_line(locust))
    assert "Traceback" not in locust.output
