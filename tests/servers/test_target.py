from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from tests.servers import Target, eventually
from tests.servers.ports import HOST


def ask(target: Target, *paths: str, method: str = "GET") -> list[int]:
    """Ask for `paths` one after the other on one connection and return the statuses."""
    connection = http.client.HTTPConnection(HOST, target.port, timeout=10)
    statuses = []
    for path in paths:
        connection.request(method, path)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses


def test_it_counts_by_method_path_and_status(target: Target) -> None:
    """Requests are counted by method, path without query, and status."""
    ask(target, "/", "/a?x=1", "/a?x=2", "/status/404", "/status/204")
    ask(target, "/a", method="DELETE")

    assert target.counts() == {
        ("GET", "/", 200): 1,
        ("GET", "/a", 200): 2,
        ("GET", "/status/404", 404): 1,
        ("GET", "/status/204", 204): 1,
        ("DELETE", "/a", 200): 1,
    }
    assert target.total() == 6
    assert target.failures() == 1


def test_it_counts_exactly_under_load(target: Target) -> None:
    """Of many concurrent requests on many connections none is lost or counted twice."""
    paths = ["/x", "/flaky/10"] * 100
    with ThreadPoolExecutor(8) as pool:
        statuses = [status for part in pool.map(lambda _: ask(target, *paths), range(8)) for status in part]

    assert target.total() == len(statuses) == 1600
    assert target.failures() == statuses.count(500) == 80


def test_flaky_fails_for_its_share_and_no_other(target: Target) -> None:
    """Failing requests are deterministic: with 25 percent every fourth."""
    assert ask(target, *["/flaky/25"] * 8) == [200, 200, 200, 500, 200, 200, 200, 500]
    assert ask(target, *["/flaky/100"] * 3) == [500] * 3
    assert ask(target, *["/flaky/0"] * 3) == [200] * 3


def test_slow_answers_after_its_delay(target: Target) -> None:
    """An answer with a delay of 100 ms doesn't come earlier."""
    started = time.perf_counter()
    assert ask(target, "/slow/100") == [200]
    assert time.perf_counter() - started >= 0.1


def test_bodies_are_as_long_as_asked(target: Target) -> None:
    """The length of an answer can be set, so that counts of bytes can be checked."""
    assert len(target.get("/bytes/12345")) == 12345


def test_bodies_of_requests_are_read(target: Target) -> None:
    """Requests with a body, chunked or not, are counted once and keep the connection in order."""
    connection = http.client.HTTPConnection(HOST, target.port, timeout=10)
    for body in (b"x" * 100_000, iter([b"one", b"two"])):
        connection.request("POST", "/post", body=body)
        assert connection.getresponse().read() == b"ok\n"
    connection.close()

    assert target.counts() == {("POST", "/post", 200): 2}


def test_pipelined_requests_are_answered_in_order(target: Target) -> None:
    """Pipelined requests, one of them slow, are answered in order."""
    with socket.create_connection((HOST, target.port), timeout=10) as client:
        client.sendall(b"GET /slow/50 HTTP/1.1\r\n\r\nGET /status/404 HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(4096), b""))

    assert answer.index(b"HTTP/1.1 200 OK") < answer.index(b"HTTP/1.1 404 Not Found")
    assert target.total() == 2


def test_a_request_whose_client_has_gone_is_not_served(target: Target) -> None:
    """A client that disconnects before its answer is counted as abandoned, not as served."""
    with socket.create_connection((HOST, target.port), timeout=10) as client:
        client.sendall(b"GET /slow/60000 HTTP/1.1\r\n\r\n")

    eventually(lambda: target.abandoned() == 1)
    assert target.total() == 0


def test_a_reset_starts_from_zero(target: Target) -> None:
    """After a reset all counts are 0, and flaky paths start again."""
    ask(target, "/flaky/50", "/x")
    target.reset()

    assert target.total() == 0
    assert ask(target, "/flaky/50", "/flaky/50") == [200, 500]


def test_reading_the_counts_does_not_count(target: Target) -> None:
    """Reading the counts does not change them."""
    assert target.total() == 0
    assert target.total() == 0
    assert target.failures() == 0
