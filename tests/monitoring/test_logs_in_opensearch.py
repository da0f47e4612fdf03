"""What users log, hostile and rotated, in an index of a real OpenSearch with the template: every line is found."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from locust_push.logs.context import log_context
from locust_push.logs.ecs import EcsFormatter
from locust_push.logs.file import WholeLineHandler
from tests.monitoring.configuration import MONITORING
from tests.servers.fixtures import start_or_skip
from tests.servers.opensearch import OpenSearch

INDEX = "locust-logs-2026.11.29"
RUN = "20261129T120000Z-logs"
NAN, INFINITY = float("nan"), float("inf")

EXTRAS: tuple[dict[str, Any], ...] = (
    # Each pair gives one name two types, or is what an index would take for a date, an object or a field of its own.
    {"size": 3}, {"size": "large"}, {"size": {"inner": 1}}, {"size": [1, "two", {"three": 3}]}, {"size": None},
    {"when": "2026-11-29"}, {"when": "tomorrow"}, {"when": "2026/11/29 10:00:00"}, {"flag": True}, {"flag": "perhaps"},
    {"labels": "a text"}, {"labels": {"team": 5}}, {"error": "a text"}, {"error": {"type": 7}}, {"log": 5},
    {"event": "x"}, {"@timestamp": "never"}, {"@metadata": {"index": "elsewhere", "_id": "1", "raw_index": "other"}},
    {"_id": "1"}, {"_source": 1}, {"_index": "elsewhere"}, {"_type": "_doc"}, {"run_id": "another"}, {"message_": "m"},
    {"a.b": 1}, {"a": {"b": {"c": 1}}}, {"a.b.c": "text"}, {"..": 1}, {"": 1}, {" ": 2}, {"*": 3}, {"x" * 3000: 4},
    {"ratio": NAN}, {"ratio": INFINITY}, {"ratio": -INFINITY}, {"ratio": 1e308}, {"ratio": 0.5}, {"count": 2**70},
    {"count": 10**400}, {"text": "y" * 100_000}, {"text": "\u2028\x85\x00\ud800\r\n"}, {"bytes": b"\xff\x00"},
    {"user_id": {"id": 7}}, {"user_id": 7}, {"request_id": [1]}, {"test_name": None},
    {f"many_{number}": number for number in range(100)},
)  # fmt: skip
"""Fields of a line each."""

BATCHES = 5
"""Lines with 60 new names each: more than one process may use."""

LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL, 25)


@pytest.fixture(scope="module")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSearch]:
    server = start_or_skip(OpenSearch(tmp_path_factory.mktemp("opensearch")))
    template = json.loads((MONITORING / "elasticsearch/index-template.json").read_text())
    server.call("PUT", "/_index_template/locust-logs", template)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The lines of a log file that was moved away in the middle of them, and of the one that followed it."""
    path = tmp_path_factory.mktemp("logs") / "locust.json"
    handler, formatter = WholeLineHandler(path), EcsFormatter()
    formatter.set_run(RUN, (("job", "locust"), ("instance", "host:7"), ("team", "2026-11-29")))
    handler.setFormatter(formatter)
    log_all(handler, lambda: path.rename(path.with_suffix(".json.1")))
    handler.close()
    texts = [file.read_bytes() for file in (path.with_suffix(".json.1"), path)]
    # As Filebeat does: a line ends with a line feed, and with nothing else.
    return [json.loads(line, parse_constant=pytest.fail) for text in texts for line in text.split(b"\n") if line]


def log_all(handler: logging.Handler, rotate: Any) -> None:
    """Log a line per level, per set of fields, per exception and per new name; rotate somewhere in between."""
    logger = logging.Logger("shop.checkout", logging.DEBUG)  # noqa: LOG001  # one that nobody else has
    logger.addHandler(handler)
    for level in LEVELS:
        logger.log(level, "level %s of the shop", level)
    for number, fields in enumerate(EXTRAS):
        logger.info("fields number%s\u2028end", number, extra=fields)
    rotate()
    for number in range(BATCHES):
        logger.info("names number%s", number, extra={f"new_{number}_{one}": one for one in range(60)})
    with log_context(user_id="u-7", request_id="2026-11-29", test_name="pay"):
        log_errors(logger)


def log_errors(logger: logging.Logger) -> None:
    """Log an exception with a cause, a group, one whose text is no text, and a stack."""
    try:
        try:
            int("many")
        except ValueError as error:
            raise KeyError("quagga") from error
    except KeyError:
        logger.exception("with a cause")
    group = ExceptionGroup("several", [OSError("okapi"), ExceptionGroup("inner", [TypeError("numbat")])])
    logger.error("with parts", exc_info=group)
    logger.error("with odd text", exc_info=ValueError("\ud800\x00\u2029 ocelot"))
    logger.error("with a stack", stack_info=True)


def send(server: OpenSearch, lines: list[dict[str, Any]]) -> list[int]:
    """Send lines as Filebeat does with our configuration; the status of each."""
    answer = server.bulk([({"create": {"_index": INDEX, "_id": line["event"]["id"]}}, line) for line in lines])
    statuses = [item["create"]["status"] for item in answer["items"]]
    assert set(statuses) <= {201, 409}, [item for item in answer["items"] if "error" in item["create"]][:3]
    return statuses


def found(server: OpenSearch, query: str) -> int:
    """Return how many lines a query finds, written as people write it into Kibana."""
    asked = {"query": {"query_string": {"query": query}}, "track_total_hits": True, "size": 0}
    count: int = server.call("POST", f"/{INDEX}/_search", asked)["hits"]["total"]["value"]
    return count


def test_every_line_is_found_whatever_it_has(opensearch: OpenSearch, lines: list[dict[str, Any]]) -> None:
    """None is refused, and each is found by run, level and message; one that is sent again is there once."""
    assert len(lines) == len(LEVELS) + len(EXTRAS) + BATCHES + 4
    assert send(opensearch, lines) == [201] * len(lines)
    assert send(opensearch, lines) == [409] * len(lines)
    assert found(opensearch, f'run_id:"{RUN}"') == len(lines)
    assert found(opensearch, 'labels.team:"2026-11-29" AND labels.instance:"host:7"') == len(lines)
    for name in ("debug", "warning", "critical"):
        assert found(opensearch, f"log.level:{name}") == 1
    assert found(opensearch, "log.level:error") == 1 + 4
    missing = [number for number in range(len(EXTRAS)) if not found(opensearch, f'message:"fields number{number}"')]
    assert missing == []
    indices = [one["index"] for one in opensearch.call("GET", "/_cat/indices?format=json")]
    assert indices == [INDEX]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("error.type:KeyError AND error.message:quagga", 1),
        ("error.stack_trace:(ValueError AND many)", 1),
        ("error.stack_trace:okapi AND error.stack_trace:numbat", 1),
        ("error.message:ocelot", 1),
        ("error.stack_trace:log_errors", 2),
        ('user_id:"u\\-7" AND request_id:"2026-11-29" AND test_name:pay', 4),
        ("user_id:7", 1),
        ("extra_numbers.size:3", 1),
        ("extra.size:large", 1),
        ("extra_numbers.size_inner:[1 TO 1]", 1),
        ("extra.when:tomorrow", 1),
        ("extra.ratio:nan", 1),
        ("extra_numbers.ratio:0.5", 1),
        ("extra.others:new_4_59", 1),
    ],
)
def test_what_is_in_a_line_can_be_searched_for(
    query: str, count: int, opensearch: OpenSearch, lines: list[dict[str, Any]]
) -> None:
    """Errors with their causes and parts, and fields of users, of whatever type."""
    send(opensearch, lines)
    assert found(opensearch, query) == count
