"""Scraping Locust's web port, by a real Prometheus and by plain requests."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from tests.real.command_lines import alone_as_master
from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.real.test_custom_metrics import ordered
from tests.real.test_web_ui import run_once, web_ui
from tests.servers import web
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.prometheus import Prometheus
from tests.servers.target import Target

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"


def test_a_prometheus_that_scrapes_holds_the_run(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """With honor_labels the scraped series equal the pushed ones; after the run they stay until the next one."""
    with web_ui(tmp_path, "-H", target.url, "--push-url", "file:runs", "--push-run-id", "scraped") as ui:
        scrape = {
            "job_name": "locust",
            "honor_labels": True,
            "static_configs": [{"targets": [ui.url.removeprefix("http://")]}],
        }
        store = start_server(Prometheus, version=3, scrape_configs=[scrape])
        served = run_once(ui, target)
        eventually(lambda: Counts.stored(store, "scraped") == served, within=40)
        assert store.label_values("job", '{run_id="scraped"}') == ["locust"]
        assert store.value('locust_run_requests{run_id="scraped",name="Aggregated"}') == served.requests
        second = run_once(ui, target)
        eventually(lambda: Counts.stored(store, "scraped-2") == second, within=40)
        eventually(lambda: store.query('{run_id="scraped"}') == [], within=30)


def test_both_formats_are_spoken_at_both_paths(tmp_path: Path) -> None:
    """OpenMetrics with exemplars if requested, otherwise the older text; a strict parser reads both."""
    with web_ui(tmp_path, locustfile="business.py", base_path="/load") as ui:
        assert web.get(f"{ui.url}/metrics") == ""
        ui.start()
        eventually(lambda: "shop_logins_total" in web.get(f"{ui.url}/metrics"))
        for path in ("/metrics", "/export/prometheus"):
            text = web.request("GET", ui.url + path)
            assert text.content_type == "text/plain; version=0.0.4; charset=utf-8"
            names = {family.name for family in parse_text(text.text)}
            strict = web.request("GET", ui.url + path, headers={"Accept": OPENMETRICS})
            assert strict.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
            families = {family.name: family for family in parse_openmetrics(strict.text)}  # type: ignore[no-untyped-call]  # its own
            assert names == families.keys()
            assert any(sample.exemplar for sample in families["shop_logins"].samples)
        ui.stop()


def test_without_a_push_url_the_run_is_scraped_all_the_same(target: Target, tmp_path: Path) -> None:
    """A master serves the run as a whole; nothing is pushed, no request is recorded, no worker is suspected."""
    master = alone_as_master()
    with (
        web_ui(tmp_path, *master, "-H", target.url) as ui,
        LocustProcess(tmp_path, "--worker", "--master-port", master[-1]) as worker,
    ):
        eventually(lambda: ui.workers() == ["ready"], within=30)
        ui.start()
        # Locust's workers report every three seconds.
        eventually(lambda: "locust_current_users{" in web.get(f"{ui.url}/metrics"), within=40)
        eventually(lambda: target.total() > 100, within=30)
        text = web.get(f"{ui.url}/metrics")
        values = {sample.name: sample.value for family in parse_text(text) for sample in family.samples}
        assert values["locust_current_users"] == 2
        assert "locust_requests_total" not in values
        ui.stop()
        worker.process.terminate()
        worker.wait()
    assert ui.locust.push_lines() == worker.push_lines() == []


def test_custom_metrics_are_scraped(tmp_path: Path) -> None:
    """A local run without a push URL serves its own metrics from 0 and those of the run; after the end they stay."""
    with web_ui(tmp_path, locustfile="business.py") as ui:
        for run in ("first", "second"):
            ui.start(push_run_id=run)
            eventually(partial(logins, ui.url, run))
            ui.stop()
            eventually(lambda: "locust_run_end_time_seconds" in web.get(f"{ui.url}/metrics"))
            assert logins(ui.url, run) == ordered(ui.locust.output)[-1]


def logins(url: str, run_id: str) -> float:
    """Return the count of a run on the metrics page; 0 if the page is about another run."""
    samples = (sample for family in parse_text(web.get(f"{url}/metrics")) for sample in family.samples)
    of_run = (sample for sample in samples if sample.labels["run_id"] == run_id)
    return sum(sample.value for sample in of_run if sample.name == "shop_logins_total")


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    """With --push-web-metrics off there is no such page."""
    with web_ui(tmp_path, "--push-web-metrics", "off", locustfile="steady.py") as ui:
        assert web.request("GET", f"{ui.url}/metrics").status == 404


@pytest.mark.parametrize("path", ["/metrics", "/export/prometheus", "/locust-push", "/locust-push/state"])
def test_a_login_protects_it(path: str, tmp_path: Path) -> None:
    """Without a login, the login page is served, and no metric."""
    with web_ui(tmp_path, "--web-login", "--autostart", "--push-url", "file:runs", locustfile="login.py") as ui:
        ui.locust.wait_for("pushing to")
        answer = web.request("GET", ui.url + path)
        assert "locust_" not in answer.text
        assert "# HELP" not in answer.text
        assert "file:runs" not in answer.text


def test_a_page_of_the_locustfiles_own_stays(target: Target, tmp_path: Path) -> None:
    """If the locustfile serves /metrics itself, its page stays, ours is at the other path, and one line says so."""
    with web_ui(tmp_path, "-H", target.url, locustfile="own_page.py") as ui:
        run_once(ui, target)
        run_once(ui, target)
        assert web.get(f"{ui.url}/metrics") == "a page of my own"
        assert "locust_current_users" in web.get(f"{ui.url}/export/prometheus")
    (line,) = ui.locust.push_lines()
    assert line.startswith("the locustfile has its own page at /metrics")
