"""Groups of old runs leave the Pushgateway when the next run starts."""

from __future__ import annotations

import time
from pathlib import Path

from tests.real.command_lines import HEADLESS
from tests.real.locust_process import LocustProcess
from tests.servers.fixtures import StartServer
from tests.servers.poll import eventually
from tests.servers.pushgateway import Pushgateway
from tests.servers.target import Target

RETENTION = 12.0
"""Seconds: longer than Locust takes to start on a busy machine."""

LEFT_BY_A_RUN = "# TYPE locust_push_queue_bytes gauge\nlocust_push_queue_bytes 0\n"
OF_OTHERS = {"old-of-another-job", "of-another-tool", "with-a-label-more"}


def runs(gateway: Pushgateway) -> set[str]:
    """Return the run IDs of its groups."""
    return {group["labels"].get("run_id", "") for group in gateway.groups()}


def age(gateway: Pushgateway, run_id: str) -> float:
    """Return the seconds since the last push of a run, as recorded by the gateway."""
    times = [
        float(group["push_time_seconds"]["metrics"][0]["value"])
        for group in gateway.groups()
        if group["labels"].get("run_id") == run_id
    ]
    return time.time() - max(times)


def test_old_groups_of_this_job_are_deleted_at_the_start(
    start_server: StartServer, target: Target, tmp_path: Path
) -> None:
    """Groups of this job that are older than the retention are deleted; all others stay."""
    gateway = start_server(Pushgateway)
    arguments = (*HEADLESS, "-u", "2", "-r", "2", "-H", target.url)
    push = ("--push-url", gateway.url, "--push-job", "checkout", "--push-gateway-retention")

    gateway.push({"job": "other", "run_id": "old-of-another-job"}, "x 1\n")
    gateway.push({"job": "checkout", "run_id": "old@odd", "instance": "a"}, LEFT_BY_A_RUN)
    gateway.push({"job": "checkout", "run_id": "of-another-tool", "instance": "a"}, "x 1\n")
    gateway.push({"job": "checkout", "run_id": "with-a-label-more", "instance": "a", "zone": "b"}, LEFT_BY_A_RUN)
    with LocustProcess(tmp_path, *arguments, *push, "0", "--push-run-id", "old") as locust:
        assert locust.end_when(lambda: "pushing to" in locust.output) == 0, locust.output
    assert runs(gateway) == {*OF_OTHERS, "old@odd", "old"}
    eventually(lambda: age(gateway, "old") > RETENTION, within=2 * RETENTION)
    gateway.push({"job": "checkout", "run_id": "young", "instance": "a"}, LEFT_BY_A_RUN)

    with LocustProcess(tmp_path, *arguments, *push, f"{RETENTION:g}s", "--push-run-id", "new") as locust:
        assert locust.end_when(lambda: "pushing to" in locust.output) == 0, locust.output
    assert runs(gateway) == {*OF_OTHERS, "young", "new"}, locust.output


def test_a_retention_of_0_keeps_everything(start_server: StartServer, target: Target, tmp_path: Path) -> None:
    """--push-gateway-retention 0 deletes nothing."""
    gateway = start_server(Pushgateway)
    gateway.push({"job": "locust", "run_id": "old", "instance": "a"}, LEFT_BY_A_RUN)
    with LocustProcess(
        tmp_path, *HEADLESS, "-u", "1", "-H", target.url,
        "--push-url", gateway.url, "--push-run-id", "new", "--push-gateway-retention", "0",
    ) as locust:  # fmt: skip
        assert locust.end_when(lambda: "pushing to" in locust.output) == 0, locust.output
    assert runs(gateway) == {"old", "new"}
