"""Data that an unavailable receiver missed is in the store after a replay, to the request."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.real.counts import Counts
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.ports import free_port
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway
from tests.servers.query import QueryableServer
from tests.servers.target import Target


def locust_push(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of locust-push."""
    command = [sys.executable, "-m", "locust_push", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def run_in_vain(folder: Path, target: Target, run_id: str, *urls: str) -> Path:
    """Make a run with unavailable receivers; return its spool."""
    pushes = [argument for url in urls for argument in ("--push-url", url)]
    with LocustProcess(
        folder, "--headless", "--only-summary", "--stop-timeout", "5", "-u", "4", "-r", "4", "-H", target.url,
        "--exit-code-on-error", "0", *pushes, "--push-run-id", run_id, "--push-interval", "200ms",
        "--push-flush-timeout", "0.2",
    ) as locust:  # fmt: skip
        eventually(lambda: target.total() > 300, within=30)
        locust.signal(signal.SIGTERM)
        assert locust.wait() == 0, locust.output
    return folder / ".locust-push"


def served(target: Target) -> Counts:
    return Counts(target.total(), target.failures(), target.total())


def dead_url(path: str = "/api/v1/write") -> str:
    return f"http://127.0.0.1:{free_port()}{path}"


def test_a_run_is_replayed_and_replayed_again(receiver: QueryableServer, target: Target, tmp_path: Path) -> None:
    """A second replay changes nothing: the store equals the target, and the spool is deleted."""
    run_id = f"replay-{receiver.name}"
    spool = run_in_vain(tmp_path, target, run_id, dead_url())
    again = tmp_path / "again"
    subprocess.run(["cp", "-r", spool, again], check=True)
    for folder in (spool, again):
        done = locust_push("replay", folder, "--push-url", receiver.write_url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert list(folder.iterdir()) == []
        assert Counts.stored(receiver, run_id) == served(target), done.stdout


def test_an_interrupted_replay_goes_on_where_it_stopped(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """Ctrl-C while the receiver is unavailable loses nothing."""
    store = start_server(Prometheus, version=3)
    spool = run_in_vain(tmp_path, target, "interrupted", store.own_write_url.replace(str(store.port), str(free_port())))
    store.stop()
    command = [sys.executable, "-m", "locust_push", "replay", str(spool), "--push-url", store.own_write_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "trying again" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"what is left stays in {spool}" in output
    assert "Error: interrupted" in errors
    store.start()
    assert locust_push("replay", spool, "--push-url", store.own_write_url).returncode == 0
    assert Counts.stored(store, "interrupted") == served(target)


def test_the_last_snapshot_goes_to_a_pushgateway(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """The group of the process is restored; prune deletes it only without --dry-run."""
    gateway = start_server(Pushgateway)
    spool = run_in_vain(tmp_path, target, "gateway", dead_url(""), dead_url())
    done = locust_push("replay", spool, "--push-url", gateway.url)
    assert done.returncode == 0, done.stdout + done.stderr
    (group,) = gateway.groups()
    assert group["labels"]["run_id"] == "gateway"
    requests = sum(float(one["value"]) for one in group["locust_requests_total"]["metrics"])
    assert requests == target.total()
    for arguments, left in (((), 1), (("--older-than", "0", "--dry-run"), 1), (("--older-than", "0"), 0)):
        pruned = locust_push("prune", "--push-url", gateway.url, *arguments)
        assert pruned.returncode == 0, pruned.stderr
        eventually(lambda left=left: len(gateway.groups()) == left)  # type: ignore[misc]  # bound at once


def test_an_archive_is_replayed_and_exported(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """Prometheus gets the same data from remote-write and from promtool's blocks; the archive is unchanged."""
    store = start_server(Prometheus, version=3)
    run_in_vain(tmp_path, target, "archived", f"file:{tmp_path / 'runs'}")
    before = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()}
    assert locust_push("replay", tmp_path / "runs", "--push-url", store.write_url).returncode == 0
    assert Counts.stored(store, "archived") == served(target)
    assert {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()} == before

    text = tmp_path / "archived.om"
    done = locust_push("export", "latest", "--from", f"file:{tmp_path / 'runs'}", "--output", text)
    assert done.returncode == 0, done.stderr
    (tmp_path / "blocks").mkdir()
    blocks = Prometheus(tmp_path / "blocks", version=3)
    blocks.promtool("tsdb", "create-blocks-from", "openmetrics", str(text), str(tmp_path / "blocks" / "data"))
    with blocks:
        assert Counts.stored(blocks, "archived") == served(target)
        for name in ("locust_requests_total", "locust_request_duration_seconds_bucket", "locust_current_users"):
            points = f'sum(count_over_time({name}{{run_id="archived"}}[10m]))'
            assert blocks.value(points) == store.value(points)
