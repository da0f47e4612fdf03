"""`prune` against an HTTP server with a Pushgateway's answers."""

import json
import time

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from tests.unit.delivery.server import ScriptedServer, reply, serving
from tests.unit.outputs.fakes import group, left_by


def prune(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["prune", *arguments])


def listing() -> bytes:
    """Three groups: one old, one new, and an old one of another tool."""
    ages = {"old": 7200.0, "new": 60.0}
    groups = [group(left_by(name), push_time_seconds=str(time.time() - age)) for name, age in ages.items()]
    groups.append(group(left_by("x", job="backup"), push_time_seconds="0"))
    return reply(200, json.dumps({"status": "success", "data": groups}).encode())


def path(run_id: str, job: str = "locust") -> str:
    """Return the path of the group of a process in a run."""
    return f"/metrics/job/{job}/run_id/{run_id}/instance/host"


def deleted(server: ScriptedServer) -> list[str]:
    return [request.target for request in server.requests if request.method == "DELETE"]


def test_old_groups_of_the_job_are_deleted_and_shown() -> None:
    """Only old groups are deleted; in a pipe the table is plain, one line per group."""
    with serving(listing(), reply(202)) as server:
        result = prune("--push-url", f"http://{server.host}")
    assert result.exit_code == 0, result.output
    assert deleted(server) == [path("old")]
    assert result.stdout.splitlines() == [
        "last push    group",
        "120 min ago  instance=host, run_id=old",
        f"Deleted 1 groups of job locust at http://{server.host}.",
    ]


@pytest.mark.parametrize(
    ("arguments", "gone"),
    [
        (["--older-than", "30s"], [path("old"), path("new")]),
        (["--older-than", "3h"], []),
        (["--job", "backup"], [path("x", "backup")]),
    ],
)
def test_age_and_job_decide(arguments: list[str], gone: list[str]) -> None:
    """Job and age can both be set."""
    with serving(listing()) as server:
        assert prune("--push-url", f"http://{server.host}", *arguments).exit_code == 0
    assert deleted(server) == gone


def test_a_dry_run_deletes_nothing() -> None:
    """--dry-run shows the groups, and deletes nothing."""
    with serving(listing()) as server:
        result = prune("--push-url", f"http://{server.host}", "--dry-run")
    assert result.exit_code == 0
    assert deleted(server) == []
    assert "run_id=old" in result.stdout
    assert "Would delete 1 groups" in result.stdout


@pytest.mark.parametrize("answer", [reply(404, b"what?"), reply(200, b"<html>")])
def test_what_is_no_pushgateway_is_a_failure_in_one_line(answer: bytes) -> None:
    """A failure is exit code 1, with the command that examines it."""
    with serving(answer) as server:
        result = prune("--push-url", f"http://{server.host}")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert f"try: locust-push doctor http://{server.host}" in result.stderr


def test_a_remote_write_url_is_wrong_usage() -> None:
    """Another type of URL is refused; nothing is sent."""
    result = prune("--push-url", "http://localhost:1/api/v1/write")
    assert result.exit_code == 2
    assert "is read as a remote-write receiver; give the base URL of a Pushgateway" in result.stderr
