"""The start of Locust for the demo."""

import sys
from pathlib import Path

import pytest

from locust_push.demo.load import complaints, locust_command, locust_environ
from locust_push.demo.process import child, tail
from locust_push.demo.prometheus import find_prometheus
from tests.servers.poll import eventually


def test_push_urls_stand_in_the_environment_alone() -> None:
    """User info of push URLs is not in the process list."""
    urls = ["file:///runs", "http://user:secret@host/api/v1/write"]
    assert locust_environ({}, urls)["LOCUST_PUSH_URL"] == " ".join(urls)
    assert "--push-url" not in locust_command("r", "http://127.0.0.1:1", 10, 2)


def test_locust_variables_of_the_user_do_not_reach_the_demo() -> None:
    """LOCUST_ variables of other tests are removed; ours have the push URLs."""
    environ = {"LOCUST_TAGS": "smoke", "LOCUST_PUSH_PASSWORD": "x", "PATH": "/bin", "no_proxy": "corp"}
    result = locust_environ(environ, [])
    assert "LOCUST_TAGS" not in result
    assert (result["LOCUST_PUSH_PASSWORD"], result["PATH"], result["no_proxy"]) == ("x", "/bin", "corp,127.0.0.1")


def test_only_our_own_complaints_of_this_run_are_shown(tmp_path: Path) -> None:
    """Only warnings of this run's log are returned."""
    ours, locusts = "[x] vm/WARNING/locust_push.outputs: lost", "[x] vm/WARNING/locust.main: slow"
    log = tmp_path / "log"
    log.write_text(f"{ours}\n")
    start = log.stat().st_size
    with log.open("a") as file:
        file.write(f"{locusts}\n{ours}, 2\n[x] vm/INFO/locust_push: fine\n")
    assert complaints(log, start) == [f"{ours}, 2"]


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    """The last lines are read from files of any size and with any bytes."""
    log = tmp_path / "log"
    log.write_bytes(b"\xff" * 100_000 + b"\nsecond\nlast\n")
    assert tail(log, 2) == "second\nlast"


def test_a_child_ends_with_its_block_and_takes_its_own_children_along(tmp_path: Path) -> None:
    """Child processes that it left behind are terminated as well."""
    with child(
        ["/bin/sh", "-c", "sleep 600 & echo $! > pid"], log=tmp_path / "log", folder=tmp_path, environ={}
    ) as process:
        process.wait(10)
        pid = int((tmp_path / "pid").read_text())
        assert alive(pid)
    assert eventually(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Return whether a process is running, and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_exception_ends_the_child_too(tmp_path: Path) -> None:
    """An exception such as Ctrl-C in the block ends the process."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    processes = []

    def interrupted() -> None:
        with child(command, log=tmp_path / "log", folder=tmp_path, environ={}) as process:
            processes.append(process)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert processes[0].returncode is not None


def test_prometheus_is_found_in_the_cache_before_path(tmp_path: Path) -> None:
    """Only PATH and the cache of LOCUST_PUSH_SERVERS are searched."""
    cached, on_path = tmp_path / "cache/prometheus3/usr/bin/prometheus", tmp_path / "bin/prometheus"
    for program in (cached, on_path):
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)
    environ = {"PATH": str(on_path.parent)}
    assert find_prometheus({**environ, "LOCUST_PUSH_SERVERS": str(tmp_path / "cache")}) == str(cached)
    assert find_prometheus(environ) == str(on_path)
    assert find_prometheus({"PATH": str(tmp_path)}) is None
