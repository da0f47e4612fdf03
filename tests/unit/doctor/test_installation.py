"""The findings of `doctor --self`."""

from locust_push.core.hot_path.selection import COMPILED
from locust_push.doctor.check import Level
from locust_push.doctor.installation import examine_installation, extras
from locust_push.version import PROTOCOLS
from locust_push.wire import segment
from locust_push.wire.remote_write import v2


def test_the_installation_is_described() -> None:
    """Version, hot path, protocols and the extras for users are listed, each once."""
    found = {one.name: one for one in examine_installation()}
    assert found.keys() >= {"version", "locust", "hot path", "remote-write", "archive", "extra logs", "extra notify"}
    assert not {"extra test", "extra docs"} & found.keys()
    assert (found["hot path"].level is Level.OK) is COMPILED


def test_extras_come_from_the_metadata() -> None:
    """Extras for developers, and requirements of all users, are left out."""
    requirements = [
        "click>=8.1",
        'apprise>=1.9; extra == "notify"',
        "a-b[c]>=1 ; extra == 'x'",
        'ruff; extra == "test"',
    ]
    assert list(extras(requirements)) == [("notify", ["apprise"]), ("x", ["a-b"])]


def test_the_protocols_are_those_that_are_sent_and_written() -> None:
    """The versions are those of the code: the newer header, and the last byte of a segment's magic."""
    assert v2.HEADERS["X-Prometheus-Remote-Write-Version"].startswith(PROTOCOLS["remote-write"].split(",")[0])
    assert PROTOCOLS["archive"] == segment.MAGIC[-1:].decode()
