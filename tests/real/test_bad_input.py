"""Invalid input stops Locust before the run, with a message of one line."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.real.command_lines import HEADLESS, alone_as_master, distributed
from tests.real.locust_process import LocustProcess
from tests.servers.poll import eventually

URL = ("--push-url", "http://127.0.0.1:1/api/v1/write")

# What is wrong with the whole of it is found after parsing, which is where the modes differ.
WHOLE = {
    "missing password file": ((*URL, "--push-username", "u", "--push-password-file", "absent"), "--push-password-file"),
    "missing token file": ((*URL, "--push-bearer-token-file", "absent"), "--push-bearer-token-file"),
    "missing key file": ((*URL, "--push-tls-cert", "absent", "--push-tls-key", "absent"), "--push-tls-cert"),
    "duplicate label": ((*URL, "--push-label", "a=1", "--push-label", "a=2"), "--push-label"),
    "label of ours": ((*URL, "--push-label", "run_id=mine"), "--push-label"),
    "label of a metric of ours": ((*URL, "--push-label", "le=mine"), "--push-label"),
}
SINGLE = {
    "URL without scheme": (("--push-url", "user:hunter2@127.0.0.1:9090/write"), "--push-url"),
    "URL without host": (("--push-url", "http:///api/v1/write"), "--push-url"),
    "URL with a blank": (("--push-url", "http://user:hunter2@ho st/"), "--push-url"),
    "URL with a bad port": (("--push-url", "http://user:hunter2@host:port/"), "--push-url"),
    "URL with a token in its query": (("--push-url", "http://host/write?token=hunter2"), "--push-url"),
    "foreign scheme": (("--push-url", "ftp://user:hunter2@host/"), "--push-url"),
    "unknown protocol": ((*URL, "--push-protocol", "graphite"), "--push-protocol"),
    "interval of 0": ((*URL, "--push-interval", "0"), "--push-interval"),
    "negative interval": ((*URL, "--push-interval=-1s"), "--push-interval"),
    "interval that is none": ((*URL, "--push-interval", "often"), "--push-interval"),
    "run ID with a blank": ((*URL, "--push-run-id", "my run"), "--push-run-id"),
    "run ID that is too long": ((*URL, "--push-run-id", "x" * 129), "--push-run-id"),
    "label name": ((*URL, "--push-label", "my-team=a"), "--push-label"),
    "reserved label name": ((*URL, "--push-label", "__name__=a"), "--push-label"),
    "label without value": ((*URL, "--push-label", "team"), "--push-label"),
    "header without name": ((*URL, "--push-header", "=hunter2"), "--push-header"),
    "secret header that HTTP refuses": ((*URL, "--push-header", "Authorization=hunter2\x01"), "--push-header"),
    "buckets that fall": ((*URL, "--push-buckets", "1,0.5"), "--push-buckets"),
    "no names at all": ((*URL, "--push-max-names", "0"), "--push-max-names"),
    "no buffer": ((*URL, "--push-buffer", "0"), "--push-buffer"),
}


def assert_refused(locust: LocustProcess, option: str) -> None:
    """Assert one line that names the option, contains no secret, and no run."""
    assert locust.wait(60) in {1, 2}, locust.output
    lines = [line for line in locust.output.splitlines() if "error:" in line]
    assert len(lines) == 1, locust.output
    assert option in lines[0]
    assert "hunter2" not in locust.output
    assert "Traceback" not in locust.output
    assert "Ramping" not in locust.output
    assert "spawn jobs" not in locust.output


@pytest.mark.parametrize("case", [*WHOLE, *SINGLE])
def test_bad_input_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    """The line names the option, the exit code is 1 or 2, and no user is started."""
    arguments, option = {**WHOLE, **SINGLE}[case]
    with LocustProcess(tmp_path, *HEADLESS, "-t", "2s", *arguments) as locust:
        assert_refused(locust, option)


@pytest.mark.parametrize("mode", ["--processes", "--master", "web UI"])
@pytest.mark.parametrize("case", ["duplicate label", "missing key file", "interval of 0"])
def test_bad_input_is_refused_in_every_mode(case: str, mode: str, tmp_path: Path) -> None:
    """A master, with or without its own workers, and a web UI refuse it like a local run."""
    arguments, option = {**WHOLE, **SINGLE}[case]
    how: dict[str, Sequence[str]] = {
        "--processes": (*HEADLESS, "-t", "2s", *distributed()),
        "--master": (*HEADLESS, "-t", "2s", *alone_as_master()),
        "web UI": ("--web-host", "127.0.0.1", "--web-port", "0"),
    }
    with LocustProcess(tmp_path, *how[mode], *arguments) as locust:
        assert_refused(locust, option)


def test_workers_of_a_refused_run_end_with_their_master(tmp_path: Path) -> None:
    """--processes leaves no worker behind that waits for a master that never starts."""
    with LocustProcess(tmp_path, *HEADLESS, *distributed(), *WHOLE["duplicate label"][0]) as locust:
        assert_refused(locust, "--push-label")
        eventually(lambda: not processes_in(tmp_path), within=30)


def test_bad_input_from_the_environment_is_refused(tmp_path: Path) -> None:
    """An environment variable is checked like an option, and secrets in it are masked as well."""
    environ = {"LOCUST_PUSH_URL": "user:hunter2@127.0.0.1:9090/api/v1/write"}
    with LocustProcess(tmp_path, *HEADLESS, "-t", "2s", environ=environ) as locust:
        assert_refused(locust, "--push-url")


def test_a_password_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    """LOCUST_PUSH_PASSWORD with a line break is named, but not shown."""
    environ = {"LOCUST_PUSH_PASSWORD": "hunter2\nhunter3"}
    with LocustProcess(tmp_path, *HEADLESS, "-t", "2s", *URL, "--push-username", "u", environ=environ) as locust:
        assert_refused(locust, "LOCUST_PUSH_PASSWORD")


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is ``folder``: those of a LocustProcess there."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
            except OSError:
                continue  # ended meanwhile, or of another user
    return found


@pytest.fixture(autouse=True)
def _leave_nobody_behind(tmp_path: Path) -> Iterator[None]:
    yield
    for pid in processes_in(tmp_path):
        os.kill(pid, signal.SIGKILL)
