"""`replay` against a real HTTP server with scripted answers."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from locust_push.delivery.recordings import find_recordings
from locust_push.delivery.spool import Spool
from locust_push.delivery.spool_folder import ABOUT_FILE
from tests.unit.delivery.fakes import payload
from tests.unit.delivery.server import reply, serving
from tests.unit.delivery.test_recordings import archive, files, spool
from tests.unit.results import archives

GATEWAY = "http://gateway:9091"


def replay(*arguments: str | Path, environ: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)], env=environ)


def run_archive(root: Path, ticks: int = 3) -> Path:
    archives.write(root, "R", *[[archives.requests("GET", "/", n)] for n in range(ticks)])
    return root


def test_a_spool_is_delivered_in_order_and_gone(tmp_path: Path) -> None:
    """Payloads are delivered in order, and the spool is deleted."""
    spool(tmp_path, b"1", b"2", b"3")
    with serving() as server:
        result = replay(tmp_path, "--push-url", server.url)
    assert result.exit_code == 0, result.output
    assert [request.body for request in server.requests] == [b"1", b"2", b"3"]
    assert list(tmp_path.iterdir()) == []
    assert result.stdout.splitlines()[-1].startswith("Delivered 0 samples to")  # bodies of a test hold none


def test_samples_are_counted(tmp_path: Path) -> None:
    """The last line has the number of samples: a 0, three ticks and a stale marker."""
    with serving(reply(503)) as server:
        result = replay(run_archive(tmp_path), "--push-url", server.url)
    assert result.exit_code == 0
    assert f"Delivered 5 samples to {server.url}; 0 refused." in result.output


def test_nothing_to_deliver_is_good(tmp_path: Path) -> None:
    """An empty folder is a success, so that a pipeline can always end with a replay."""
    result = replay(tmp_path, "--push-url", "http://localhost:1/write")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}: nothing to deliver.\n")


def test_what_the_receiver_has_is_good(tmp_path: Path) -> None:
    """Data that the receiver already has is counted, and a success."""
    with serving(*[reply(400, b"out of order sample")] * 4) as server:  # one of them is metadata
        result = replay(run_archive(tmp_path), "--push-url", server.url)
    assert result.exit_code == 0
    assert "Delivered 1 samples" in result.output
    assert "4 were known to it" in result.output


def test_what_is_refused_stays_and_can_be_tried_again(tmp_path: Path) -> None:
    """Refused data is exit code 1, with reason and fix; with --refused it is sent again."""
    folder = spool(tmp_path, b"1", b"2")
    with serving(reply(400, b"out of bounds")) as server:
        result = replay(tmp_path, "--push-url", server.url)
        assert result.exit_code == 1
        assert "out of bounds (Prometheus accepts data of about the last hour" in result.stderr
        assert files(folder) == ["refused.segment", "refused.txt", "spool.json"]
        assert replay(tmp_path, "--push-url", server.url).stdout.endswith("nothing to deliver.\n")
        assert replay(tmp_path, "--push-url", server.url, "--refused").exit_code == 0
    assert [request.body for request in server.requests] == [b"1", b"2", b"1"]


def test_a_receiver_that_stays_away_ends_in_time_and_keeps_what_is_left(tmp_path: Path) -> None:
    """After the time limit the exit code is 1; the next replay continues there."""
    spool(tmp_path, b"1", b"2", b"3")
    with serving(reply(204), *[reply(503, b"overloaded")] * 50) as server:
        result = replay(tmp_path, "--push-url", server.url, "--timeout", "200ms")
    assert result.exit_code == 1
    assert f"what is left stays in {tmp_path}" in result.stdout
    assert "Error: http_503: overloaded; run the same command again to continue" in result.stderr
    with serving() as server:
        assert replay(tmp_path, "--push-url", server.url).exit_code == 0
    assert [request.body for request in server.requests] == [b"2", b"3"]


def test_the_spool_of_a_running_process_is_left_to_it(tmp_path: Path) -> None:
    """The spool of a running process is skipped, others are delivered, and the exit code says that data is left."""
    about = {"url": "http://receiver/write", "protocol": "remote-write"}
    running = Spool(tmp_path / "R" / "host", about | dict.fromkeys(("job", "run_id", "instance"), "R"))
    running.append(payload(7))
    spool(tmp_path, b"1")
    with serving() as server:
        result = replay(tmp_path, "--push-url", server.url)
        assert [request.body for request in server.requests] == [b"1"]
        assert result.exit_code == 1
        assert f"{running.folder}: another process uses it" in result.stderr
        assert running.head() == payload(7)
        running.close()
        assert replay(tmp_path, "--push-url", server.url).exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_spool_that_is_gone_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool that its process delivers after it was found is not an error."""
    folder = spool(tmp_path, b"1")
    found = find_recordings(tmp_path, print)
    monkeypatch.setattr("locust_push.cli.replay.find_recordings", lambda *_, **__: found)
    (folder / ABOUT_FILE).unlink()
    result = replay(tmp_path, "--push-url", "http://localhost:1/write")
    assert result.exit_code == 1
    assert "No such file or directory; it is skipped" in result.stderr


def test_restart_begins_at_the_beginning(tmp_path: Path) -> None:
    """--restart delivers an archive from its beginning."""
    archive(tmp_path, b"1", b"2")
    with serving(reply(204), *[reply(503)] * 50) as server:
        assert replay(tmp_path, "--push-url", server.url, "--timeout", "100ms").exit_code == 1
        tries = len(server.requests)
        server.steps = iter(())
        assert replay(tmp_path, "--push-url", server.url, "--restart").exit_code == 0
    assert [request.body for request in server.requests[tries:]] == [b"1", b"2"]
    assert files(tmp_path) == ["w.segment"]


def test_a_snapshot_for_a_pushgateway_goes_to_its_group(tmp_path: Path) -> None:
    """The grouping key is that of the process that wrote the spool."""
    spool(tmp_path, b"m 1\n", url=GATEWAY, protocol="pushgateway", instance="w/1")
    with serving() as server:
        result = replay(tmp_path, "--push-url", f"http://{server.host}")
    assert result.exit_code == 0, result.output
    (request,) = server.requests
    assert (request.method, request.target) == ("PUT", "/metrics/job/locust/run_id/R/instance@base64/dy8x")
    assert f"for {GATEWAY} goes to http://{server.host} (pushgateway)" in result.stdout


@pytest.mark.parametrize(
    ("protocol", "recorded", "url"),
    [
        ("pushgateway", GATEWAY, "http://localhost:1/api/v1/write"),
        ("remote-write", "http://p/write", "http://localhost:1"),
    ],
)
def test_data_of_the_other_protocol_is_left(protocol: str, recorded: str, url: str, tmp_path: Path) -> None:
    """A URL of another protocol is a usage error that names the right one; nothing is changed."""
    folder = spool(tmp_path, b"m 1\n", url=recorded, protocol=protocol)
    result = replay(tmp_path, "--push-url", url)
    assert result.exit_code == 2
    assert f"deliver it with --push-url {recorded}" in result.stderr
    assert "it holds no data for" in result.stderr
    assert files(folder) == ["001000.segment", "spool.json"]


def test_an_archive_does_not_go_to_a_pushgateway(tmp_path: Path) -> None:
    """An archive is remote-write data and cannot be sent to a Pushgateway."""
    result = replay(run_archive(tmp_path), "--push-url", "http://localhost:9091")
    assert result.exit_code == 2
    assert "it holds no data for http://localhost:9091 (pushgateway)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--push-url is missing"),
        (["--push-url", "http://a/write", "--push-url", "http://b/write"], "is given more than once"),
        (["--push-url", "file:x"], "is not a receiver"),
        (["--push-url", "localhost"], "has no scheme"),
        (["--push-url", "http://a/write", "--push-username", "u"], "has no password"),
        (["--push-url", "http://u:geheim@/write"], "has no host"),
        (["--push-url", "http://a/write", "--push-header", "X"], "is not Name=value"),
        (["--push-url", "http://a/write", "--push-timeout", "0"], "is not longer than 0"),
        (["--push-url", "http://a/write", "--push-tls-ca", "/nowhere"], "cannot be read"),
        (["--push-url", "http://a/write", "--timeout", "soon"], "is not a duration"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(arguments: list[str], words: str, tmp_path: Path) -> None:
    """Invalid options are exit code 2, without secrets."""
    result = replay(tmp_path, *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
    assert "geheim" not in result.output


def test_the_connection_is_that_of_a_run(tmp_path: Path) -> None:
    """User info, headers and variables work as for Locust; several headers are given one per line."""
    spool(tmp_path, b"1")
    environ = {"LOCUST_PUSH_HEADER": "X-Scope-OrgID=team a\nX-Other=2", "LOCUST_PUSH_PASSWORD": "geheim"}
    with serving() as server:
        environ["LOCUST_PUSH_URL"] = f"http://u@{server.host}/write"
        result = replay(tmp_path, environ=environ)
    assert result.exit_code == 0, result.output
    headers = server.requests[0].headers
    assert (headers["x-scope-orgid"], headers["x-other"]) == ("team a", "2")
    assert headers["authorization"] == "Basic dTpnZWhlaW0="
    assert "geheim" not in result.output


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 415])
def test_a_refusal_that_is_not_about_the_data_ends_it_at_once(status: int, tmp_path: Path) -> None:
    """With a wrong password no data is lost or stored as refused."""
    folder = spool(tmp_path, b"1", b"2")
    with serving(reply(status, b"who are you")) as server:
        result = replay(tmp_path, "--push-url", server.url)
    assert result.exit_code == 1
    assert f"Error: http_{status}: who are you" in result.stderr
    assert len(server.requests) == 1
    assert files(folder) == ["001000.segment", "spool.json"]
