"""The sample service: its decisions, and its HTTP."""

import http.client
import random
import statistics
from http import HTTPStatus
from urllib.parse import urlsplit

from locust_push.demo.service import SampleService, decide


def seconds(request: str, slowdown: float) -> float:
    """Return the median of many response times."""
    chance = random.Random(1)  # noqa: S311  # the same each time
    return statistics.median(decide(request, slowdown, chance).seconds for _ in range(1000))


def test_a_slow_database_slows_down_what_asks_it() -> None:
    """The slowdown multiplies the time of the cart; the home page does not use the database."""
    assert seconds("POST /cart", 2.0) / seconds("POST /cart", 1.0) == 2.0
    assert seconds("GET /", 2.0) == seconds("GET /", 1.0)


def test_a_few_percent_of_the_orders_fail() -> None:
    """The error rate is that of the table of routes: 3 in 100."""
    chance = random.Random(1)  # noqa: S311  # the same each time
    failed = sum(decide("POST /checkout", 1.0, chance).status == HTTPStatus.SERVICE_UNAVAILABLE for _ in range(10_000))
    assert 200 < failed < 400


def test_an_unknown_path_is_not_found() -> None:
    """An unknown path is answered immediately."""
    answer = decide("GET /nowhere", 1.0, random.Random(1))  # noqa: S311  # the same each time
    assert (answer.status, answer.seconds) == (HTTPStatus.NOT_FOUND, 0.0)


def test_one_connection_serves_many_requests() -> None:
    """Bodies are read and queries ignored, so that the next request on the connection works."""
    with SampleService() as service:
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
        statuses = []
        for method, path, body in (("GET", "/?q=1", None), ("POST", "/nowhere", "x" * 100_000), ("GET", "/", None)):
            connection.request(method, path, body)
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()
    assert statuses == [200, 404, 200]


def test_it_ends_with_connections_open() -> None:
    """Open connections do not delay its end."""
    with SampleService() as service:
        connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == HTTPStatus.OK
        thread = service._thread
    assert not thread.is_alive()
    connection.close()
