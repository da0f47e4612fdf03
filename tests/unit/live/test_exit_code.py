"""The exit code: Locust's rule, ours, and when it is final."""

import inspect

import pytest
from locust import main

from locust_push.live.exit_code import ProcessEnd, exit_code, locust_exit_code
from tests.unit.live.locust_stand_ins import Environment


@pytest.mark.parametrize(
    ("own", "failed", "unhandled", "expected"),
    [
        (None, False, False, 0),
        (None, True, False, 7),
        (None, True, True, 7),
        (None, False, True, 2),
        (0, True, True, 0),
        (5, False, False, 5),
    ],
)
def test_locusts_own_rule(own: int | None, failed: bool, unhandled: bool, expected: int) -> None:  # a table
    """The locustfile's code comes first, then failures, then unhandled exceptions."""
    environment = Environment()
    environment.process_exit_code = own
    environment.parsed_options.exit_code_on_error = 7
    environment.runner.errors = {"an": "error"} if failed else {}
    assert locust_exit_code(environment, unhandled=unhandled) == expected


def test_locust_has_no_other_rule() -> None:
    """The rule equals that of the installed Locust."""
    source = inspect.getsource(main.main)
    rule = source[source.index("# determine the process exit code") : source.index("Shutting down (exit code")]
    branches = [line.strip() for line in rule.splitlines() if "code = " in line or line.strip().startswith("elif")]
    assert branches == [
        "code = environment.process_exit_code",
        "elif len(runner.errors) or len(runner.exceptions):",
        "code = options.exit_code_on_error",
        "elif log.unhandled_greenlet_exception:",
        "code = 2",
        "code = 0",
    ]


@pytest.mark.parametrize(
    ("locust_code", "undelivered", "gate_met", "expected"),
    [
        (0, False, None, 0),
        (0, False, True, 0),
        (0, False, False, 3),
        (1, False, False, 1),
        (1, False, None, 1),
        (0, True, False, 4),
        (1, True, None, 4),
    ],
)
def test_our_rule(locust_code: int, undelivered: bool, gate_met: bool | None, expected: int) -> None:  # a table
    """Undelivered data comes first, and Locust's own failure before a gate."""
    assert exit_code(locust_code, undelivered=undelivered, gate_met=gate_met) == expected


def process_end(environment: Environment, *, near: bool) -> ProcessEnd:
    """An end without exceptions."""
    return ProcessEnd(environment, unhandled=lambda: False, near=near)


def test_the_end_of_the_process_is_waited_for() -> None:
    """If the end of the process is near, the announced code counts, not the current one."""
    environment = Environment()
    end = process_end(environment, near=True)
    end.announce(9)
    assert end.wait(60) == 9
    end.announce(0)
    assert end.wait(60) == 9


def test_a_process_that_goes_on_is_not_waited_for() -> None:
    """With a web UI the code is that of a process that ends now."""
    environment = Environment()
    end = process_end(environment, near=False)
    environment.runner.errors = {"an": "error"}
    assert end.wait(60) == 1


def test_the_time_for_waiting_is_bounded() -> None:
    """Without an announcement it is the current code after that time."""
    assert process_end(Environment(), near=True).wait(0.01) == 0


def test_the_next_run_does_not_change_the_code_of_the_last() -> None:
    """If another run has begun, it is the code at the end of this one."""
    environment = Environment()
    end = process_end(environment, near=True)
    environment.runner.errors = {"an": "error"}
    end.note()
    environment.runner.errors = {}
    end.put_off()
    assert end.wait(60) == 1
