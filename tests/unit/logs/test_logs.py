from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import gevent
import pytest

from locust_push import log_context
from locust_push.config.errors import ConfigurationError
from locust_push.logs.attach import LOGGERS, LogFile, open_log_file
from locust_push.logs.ecs import EcsFormatter
from locust_push.logs.extra import MAX_FIELD_NAMES, MAX_FIELDS, MAX_TEXT, OTHERS
from locust_push.logs.file import WholeLineHandler
from tests.unit.delivery.disk import full_disk, no_descriptors

LABELS = (("job", "locust"), ("instance", "host:7"), ("team", "shop"))


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """Open a log file; loggers are detached again."""
    before = {name: list(logging.getLogger(name).handlers) for name in LOGGERS}
    yield tmp_path / "locust.json"
    for name in LOGGERS:
        for handler in set(logging.getLogger(name).handlers) - set(before[name]):
            logging.getLogger(name).removeHandler(handler)
            handler.close()


@pytest.fixture
def log_file(path: Path) -> LogFile:
    return open_log_file(path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_has_the_fields_of_the_schema(log_file: LogFile) -> None:
    """A line has time, level, logger, message, module, function, line, run and labels."""
    log_file.set_run("R", LABELS)
    logging.getLogger("shop.checkout").warning("%d left", 3)
    (line,) = lines(log_file.path)
    assert line["@timestamp"].endswith("Z")
    assert (line["log.level"], line["log"]["logger"], line["message"]) == ("warning", "shop.checkout", "3 left")
    assert line["module"] == "test_logs"
    assert line["log"]["origin"]["function"] == "test_a_line_has_the_fields_of_the_schema"
    assert line["log"]["origin"]["file"]["line"] > 0
    assert (line["run_id"], line["labels"]) == ("R", dict(LABELS))
    assert line["ecs.version"]


def test_a_line_is_json_and_one_line_whatever_is_logged(log_file: LogFile) -> None:
    """NaN and infinity become text, since JSON has no numbers for them; line ends within a text are escaped."""
    extra = {"rate": float("nan"), "rates": {"worst": [float("-inf"), 1.5]}, "@metadata": {"raw_index": "other"}}
    logging.getLogger("shop").warning("a\u2028b\u2029c\x85d", extra=extra)
    (line,) = log_file.path.read_text().splitlines()
    found = json.loads(line, parse_constant=pytest.fail)
    assert found["message"] == "a\u2028b\u2029c\x85d"
    assert found["extra"] == {"rate": "nan", "rates_worst": "[-Infinity, 1.5]", "@metadata_raw_index": "other"}
    assert "@metadata" not in found


def test_an_exception_is_told_with_its_trace(log_file: LogFile) -> None:
    """An exception has type, message and stack trace."""
    try:
        1 / 0  # noqa: B018  # for its exception
    except ZeroDivisionError:
        logging.getLogger("shop").exception("failed")
    error = lines(log_file.path)[0]["error"]
    assert (error["type"], error["message"]) == ("ZeroDivisionError", "division by zero")
    assert "test_an_exception_is_told" in error["stack_trace"]


def test_a_trace_has_its_cause(log_file: LogFile) -> None:
    """Causes have their own traces."""
    try:
        try:
            1 / 0  # noqa: B018  # for its exception
        except ZeroDivisionError as error:
            raise ValueError("not paid") from error
    except ValueError:
        logging.getLogger("shop").exception("failed")
    found = lines(log_file.path)[0]["error"]
    assert (found["type"], found["message"]) == ("ValueError", "not paid")
    assert "ZeroDivisionError: division by zero" in found["stack_trace"]
    assert "direct cause" in found["stack_trace"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_a_trace_has_the_parts_of_a_group(log_file: LogFile) -> None:
    """Exceptions in a group are included with their messages, so that they can be searched."""
    group = ExceptionGroup("two failed", [ValueError("first part"), KeyError("second part")])
    logging.getLogger("shop").error("failed", exc_info=group)
    trace = lines(log_file.path)[0]["error"]["stack_trace"]
    assert "ValueError: first part" in trace
    assert "KeyError: 'second part'" in trace


class Wordless(Exception):  # noqa: N818  # its name is never shown
    """An object that raises when converted to text."""

    def __str__(self) -> str:
        raise RuntimeError


def test_long_and_broken_exceptions_are_lines_too(log_file: LogFile) -> None:
    """Both ends of a long text are kept, and a value that cannot be shown is named by its type."""
    for error in (ValueError("a" + "b" * 100_000 + "c"), Wordless()):
        logging.getLogger("shop").error("failed", exc_info=error)
    long, broken = (line["error"] for line in lines(log_file.path))
    assert len(long["stack_trace"]) < MAX_TEXT + 100
    assert long["stack_trace"].endswith("c\n")
    assert "characters cut out" in long["message"]
    assert (broken["type"], broken["message"]) == ("Wordless", "<Wordless>")


def test_lines_have_ids_of_their_own(log_file: LogFile) -> None:
    """Each line has an ID, so that one that is read twice is one document."""
    for _ in range(3):
        logging.getLogger("shop").warning("the same")
    assert len({line["event"]["id"] for line in lines(log_file.path)}) == 3


@pytest.mark.parametrize(
    "extra",
    [
        {"size": 5},
        {"size": "five"},
        {"size": {"width": 5}},
        {"size": True},
        {"size": 10**400},
        {"labels": 5, "error": "x", "@timestamp": "yesterday", "event": [], "log": {"level": {}}},
        {"a.b": 1, "a": {"b": "text"}},
        {"": 1, " . ": "x", "..": 2.5},
        {"user_id": {"not": "a text"}, "request_id": 7},
        {str(number): number for number in range(1000)},
    ],
)
def test_no_field_changes_its_type(log_file: LogFile, extra: dict[str, Any]) -> None:
    """Texts and numbers are separate, with flat names, and none conflicts with a field of the schema."""
    log_file.set_run("R", LABELS)
    logging.getLogger("shop").warning("a line", extra=extra)
    (line,) = lines(log_file.path)
    assert (line["message"], line["labels"], "error" in line) == ("a line", dict(LABELS), False)
    assert line["@timestamp"].endswith("Z")
    texts, numbers = line.get("extra", {}), line.get("extra_numbers", {})
    assert all(isinstance(value, str) for value in texts.values())
    assert all(isinstance(value, int | float) for value in numbers.values())
    assert 0 < len(texts) + len(numbers) + ("user_id" in line) <= MAX_FIELDS + 1  # what is beyond is one more
    assert not any("." in name or not name.strip() for name in (*texts, *numbers))
    assert all(isinstance(line.get(name, ""), str) for name in ("user_id", "request_id"))


def test_names_without_an_end_are_one_field(log_file: LogFile) -> None:
    """An index takes some thousands; what a process logs under further ones is a text, and nothing is left out."""
    for number in range(MAX_FIELD_NAMES + 3):
        logging.getLogger("shop").warning("a line", extra={f"order_{number}": number})
    logging.getLogger("shop").warning("a line", extra={"order_0": "a known one"})
    *_, beyond, known = lines(log_file.path)
    assert beyond["extra"] == {OTHERS: f'{{"order_{MAX_FIELD_NAMES + 2}": {MAX_FIELD_NAMES + 2}}}'}
    assert known["extra"] == {"order_0": "a known one"}


def test_locusts_own_loggers_are_heard(log_file: LogFile) -> None:
    """Locust's loggers, which do not propagate, are included, and no line is written twice."""
    own = logging.getLogger("locust")
    before, own.propagate = own.propagate, False
    try:
        logging.getLogger("locust.runners").warning("ramping")
    finally:
        own.propagate = before
    assert [line["log"]["logger"] for line in lines(log_file.path)] == ["locust.runners"]


def test_context_and_extra_add_fields(log_file: LogFile) -> None:
    """Fields of a block are in its lines; inner ones, and a line's own, take precedence."""
    logger = logging.getLogger("shop")
    with log_context(user_id="u1", test_name="checkout"):
        with log_context(user_id="u2", request_id="r1"):
            logger.warning("inner")
        logger.warning("outer", extra={"test_name": "cart"})
    logger.warning("none")
    inner, outer, none = lines(log_file.path)
    assert (inner["user_id"], inner["request_id"], inner["test_name"]) == ("u2", "r1", "checkout")
    assert (outer["user_id"], outer["test_name"]) == ("u1", "cart")
    assert "request_id" not in outer
    assert none.keys().isdisjoint({"user_id", "request_id", "test_name"})


def test_context_is_one_greenlets_own(log_file: LogFile) -> None:
    """Users that alternate do not get each other's fields."""
    logger = logging.getLogger("shop")

    def use(name: str) -> None:
        with log_context(user_id=name):
            gevent.sleep(0)
            logger.warning(name)

    gevent.joinall([gevent.spawn(use, name) for name in ("a", "b", "c")])
    assert [(line["user_id"], line["message"]) for line in lines(log_file.path)] == [("a", "a"), ("b", "b"), ("c", "c")]


def test_hostile_records_are_lines_too(path: Path) -> None:
    """Records with line breaks, lone surrogates, and non-JSON values are each one line of JSON."""
    extra = {"thing": object(), "bytes": b"\xff", "nan": float("nan"), "labels": 5, "log": "x", "module": None}
    handler = WholeLineHandler(path)
    handler.setFormatter(EcsFormatter())
    for name, value in extra.items():
        record = logging.LogRecord("shop", logging.WARNING, "f.py", 1, "two\nlines \ud800", (), None)
        vars(record)[name] = value
        handler.handle(record)
    assert [line["message"] for line in lines(path)] == ["two\nlines ?"] * len(extra)


def test_a_record_that_cannot_be_formatted_is_lost_quietly(
    log_file: LogFile, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that cannot be formatted is reported once on stderr, and later lines are written."""
    record = logging.LogRecord("shop", logging.WARNING, "f.py", 1, "%d", ("not a number",), None)
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, WholeLineHandler))
    handler.handle(record)
    handler.handle(record)
    assert capsys.readouterr().err.count("log lines are lost") == 1
    logging.getLogger("shop").warning("next")
    assert len(lines(log_file.path)) == 1


def test_a_moved_file_is_followed_by_a_new_one(log_file: LogFile) -> None:
    """After logrotate has moved the file, or it was deleted, no line is lost, without a signal."""
    logger, path = logging.getLogger("shop"), log_file.path
    logger.warning("first")
    moved = path.rename(path.with_suffix(".json.1"))
    logger.warning("second")
    assert ([line["message"] for line in lines(moved)], lines(path)[0]["message"]) == (["first"], "second")
    path.unlink()
    logger.warning("third")
    assert lines(path)[0]["message"] == "third"


def test_a_truncated_file_is_appended_to(log_file: LogFile) -> None:
    """After copytruncate the next line is at the beginning, without a hole."""
    logger = logging.getLogger("shop")
    logger.warning("first")
    os.truncate(log_file.path, 0)
    logger.warning("second")
    assert [line["message"] for line in lines(log_file.path)] == ["second"]


def write_lines(path: Path, who: str, count: int, length: int) -> None:
    """In a separate process, append to the shared file."""
    handler = WholeLineHandler(path)
    handler.setFormatter(EcsFormatter())
    for number in range(count):
        handler.handle(logging.LogRecord(who, logging.INFO, "f.py", number, who * length, (), None))


def test_processes_share_a_file(tmp_path: Path) -> None:
    """Long lines from four processes at once are all complete."""
    path, count, length = tmp_path / "shared.json", 200, 20_000
    context = get_context("spawn")
    processes = [context.Process(target=write_lines, args=(path, who, count, length)) for who in "abcd"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    found = [(line["log"]["logger"], line["message"]) for line in lines(path)]
    assert len(found) == 4 * count
    assert all(message == who * length for who, message in found)


def test_a_path_that_cannot_be_written_to_is_a_usage_error(tmp_path: Path) -> None:
    """An unusable path is one line with the option, the path and the reason."""
    with pytest.raises(ConfigurationError, match=r"--push-log-file .*nowhere.*No such file"):
        open_log_file(tmp_path / "nowhere/locust.json")


def test_a_reopen_that_fails_keeps_the_file(tmp_path: Path) -> None:
    """If no file can be opened, lines are written to the moved one; no other descriptor is closed."""
    handler = WholeLineHandler(tmp_path / "log")
    moved = (tmp_path / "log").rename(tmp_path / "log.1")
    with no_descriptors():
        for _ in range(3):
            handler.emit(logging.makeLogRecord({"msg": "lost"}))
    with (tmp_path / "other").open("w") as other:
        handler.emit(logging.makeLogRecord({"msg": "kept"}))
        other.write("mine")
        other.flush()
    handler.close()
    assert (tmp_path / "log").read_text() == "kept\n"
    assert moved.read_text() == ""
    assert (tmp_path / "other").read_text() == "mine"


def test_a_disk_that_is_full_in_mid_line_costs_that_line(tmp_path: Path) -> None:
    """The rest of an incomplete line stays separate: the lines before and after it are complete."""
    handler = WholeLineHandler(tmp_path / "log")
    handler.emit(logging.makeLogRecord({"msg": "first"}))
    with full_disk(9):
        handler.emit(logging.makeLogRecord({"msg": "second"}))
        handler.emit(logging.makeLogRecord({"msg": "lost"}))
    handler.emit(logging.makeLogRecord({"msg": "third"}))
    handler.emit(logging.makeLogRecord({"msg": "fourth"}))
    handler.close()
    assert (tmp_path / "log").read_text().splitlines() == ["first", "sec", "third", "fourth"]
