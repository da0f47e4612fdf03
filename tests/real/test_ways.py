"""Requests that are refused for reasons other than their data lose nothing, with real servers and proxies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from locust_push.cli.main import main
from locust_push.testing import Head, Receiver, Step, accept, answer
from tests.real.command_lines import HEADLESS
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.prometheus import Prometheus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.fixtures import StartServer
    from tests.servers.pushgateway import Pushgateway
    from tests.servers.target import Target

V2_ONLY = "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request"
PUSH = ("--push-interval", "500ms", "--push-flush-timeout", "5s")
LOGIN_PAGE = answer(200, "<h1>Log in</h1>", headers={"Content-Type": "text/html"})


def run(
    folder: Path, target: Target, url: str, run_id: str, *arguments: str, until: Callable[[], object] | None = None,
    locustfile: str = "steady.py",
) -> str:  # fmt: skip
    """Run until some hundred requests were made and ``until`` holds; return the log."""
    with LocustProcess(
        folder, *HEADLESS, *PUSH, "-u", "4", "-r", "4", "-H", target.url, "--push-url", url, "--push-run-id", run_id,
        *arguments, locustfile=locustfile,
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: target.total() > 200 and (until is None or until())) == 0, locust.output
    return locust.output


def test_a_slash_at_the_end_of_the_path(prometheus2: Prometheus, target: Target, tmp_path: Path) -> None:
    """A slash too many, which Prometheus answers with a redirect, loses nothing."""
    output = run(tmp_path, target, f"{prometheus2.write_url}/", "slash")
    assert Counts.stored(prometheus2, "slash") == Counts.served(target), output
    assert "nothing lost" in output


def test_a_wrong_path_is_kept_and_replayed(prometheus2: Prometheus, target: Target, tmp_path: Path) -> None:
    """Data that got a 404 is in the spool, and is delivered to the right URL from there."""
    output = run(
        tmp_path, target, f"{prometheus2.url}/prefix/api/v1/write", "misdirected", "--push-flush-timeout", "1s"
    )
    assert re.search(r"http_404: .*will retry", output), output
    assert re.search(r"nothing lost; [\d,]+ samples are undelivered", output), output
    replay = ["replay", str(tmp_path / ".locust-push"), "--push-url", prometheus2.write_url]
    replayed = CliRunner().invoke(main, replay)
    assert replayed.exit_code == 0, replayed.output
    assert Counts.stored(prometheus2, "misdirected") == Counts.served(target)


def test_a_login_page_until_somebody_logs_in(prometheus2: Prometheus, target: Target, tmp_path: Path) -> None:
    """A web page with status 200 is not a delivery; when it is gone the store gets everything."""
    with Receiver(default=LOGIN_PAGE, forward_to=prometheus2.url) as proxy:

        def log_in() -> bool:
            proxy.default = accept()
            return True

        output = run(tmp_path, target, proxy.write_url, "login", until=log_in)
    assert output.count("web_page: http_200 with a web page") == 1, output
    assert Counts.stored(prometheus2, "login") == Counts.served(target), output


def test_a_receiver_of_2_0_alone_that_stumbles_at_the_start(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """After 400 to the first request 1.0 is used, after 415 to that 2.0 again, and the store has the whole run."""
    store = start_server(Prometheus, version=3, flags=[V2_ONLY])
    with Receiver(answer(400, "not ready"), forward_to=store.url) as proxy:
        output = run(tmp_path, target, proxy.write_url, "stumbles")
    assert Counts.stored(store, "stumbles") == Counts.served(target), output
    assert "using 1.0 from now on" in output
    assert "using 2.0 from now on" in output


def test_413_to_everything_is_asked_seldom(prometheus2: Prometheus, target: Target, tmp_path: Path) -> None:
    """Requests are halved to one series and then paused until the limit is fixed; then the store gets everything."""
    sizes: list[int] = []

    def too_large(head: Head) -> Step:
        sizes.append(int(head.headers["content-length"]))
        return answer(413)

    with Receiver(default=too_large, forward_to=prometheus2.url) as proxy:

        def correct() -> bool:
            proxy.default = accept()
            return True

        output = run(tmp_path, target, proxy.write_url, "too-large", until=correct)
    assert len(sizes) < 20
    assert Counts.stored(prometheus2, "too-large") == Counts.served(target), output


@pytest.mark.parametrize("form", ["classic", "native"])
def test_a_metric_that_a_pushgateway_refuses_costs_itself(
    form: str, pushgateway: Pushgateway, target: Target, tmp_path: Path
) -> None:
    """If another job pushes a counter with the name of the locustfile's gauge, the run's own metrics are pushed."""
    pushgateway.push({"job": "shop"}, "# TYPE shop_orders counter\nshop_orders 5\n")
    output = run(
        tmp_path, target, pushgateway.url, f"conflict-{form}", "--push-histogram", form, locustfile="with_orders.py"
    )
    (group,) = [one for one in pushgateway.groups() if one["labels"].get("run_id") == f"conflict-{form}"]
    stored = sum(float(one["value"]) for one in group["locust_requests_total"]["metrics"])
    assert stored == target.total(), output
    assert "shop_orders" not in group
    assert output.count("http_400: shop_orders left out: ") == 1, output
    assert re.search(r"[\d,]+ samples lost \(http_400: \d+\)", output), output


def test_a_url_of_otlp_is_an_error_of_configuration(tmp_path: Path) -> None:
    """An OTLP URL stops Locust, and the line says what to use instead."""
    with LocustProcess(tmp_path, *HEADLESS, "-t", "1s", "--push-url", "http://127.0.0.1:4318/v1/metrics") as locust:
        assert locust.wait() != 0
    assert "looks like an OTLP URL, and OTLP is not supported" in locust.output
    assert "Prometheus: /api/v1/write; Mimir: /api/v1/push" in locust.output
