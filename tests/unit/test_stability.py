"""The public interface equals the committed list, stability.json, so that a change is a decision (docs/stability.md).

After a decision: .venv/bin/python -m tests.unit.test_stability >tests/unit/stability.json
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import locust_push
from locust_push import testing
from locust_push.cli.judging import NOT_MET
from locust_push.cli.main import COMMANDS, main
from locust_push.core import labels, metrics
from locust_push.delivery.run_file import RUN_FILE
from locust_push.delivery.segment_file import SUFFIX
from locust_push.live import exit_code
from locust_push.options.table import OPTIONS
from locust_push.wire import segment

LIST = Path(__file__).parent / "stability.json"


def python_api() -> dict[str, str]:
    """Return public name -> its parameters."""
    return {
        f"{module.__name__}.{name}": called_with(getattr(module, name))
        for module in (locust_push, testing)
        for name in sorted(module.__all__)
    }


def called_with(value: object) -> str:
    """Return the parameters without their annotations."""
    if not callable(value):
        return "value"
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return "class"
    return ", ".join(str(one.replace(annotation=inspect.Parameter.empty)) for one in parameters)


def options() -> dict[str, dict[str, Any]]:
    """Return flag -> the properties that scripts and configuration files depend on."""
    return {
        one.flag: {
            "variable": one.env_var,
            "value": one.metavar,
            "default": one.default,
            "repeatable": one.repeatable,
        }
        for one in sorted(OPTIONS, key=lambda option: option.flag)
    }


def commands() -> dict[str, list[str]]:
    """Return command -> its arguments and options; `run` has Locust's own."""
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in COMMANDS}
    return {
        name: sorted(text for one in command.params for text in names(one))
        for name, command in found.items()
        if command is not None
    }


def names(parameter: click.Parameter) -> list[str]:
    if isinstance(parameter, click.Argument):
        return [str(parameter.name).upper()]
    return [*parameter.opts, *parameter.secondary_opts]


def contract() -> dict[str, Any]:
    """Return the whole interface as plain data."""
    return {
        "python": python_api(),
        "options": options(),
        "commands": commands(),
        "metrics": {one.name: f"{one.type.value} {one.unit}".strip() for one in metrics.ALL},
        "reserved labels": sorted(labels.RESERVED_LABELS),
        "exit codes": {
            "failure of Locust": exit_code.UNHANDLED,
            "gate not met": exit_code.GATE_NOT_MET,
            "data undelivered": exit_code.UNDELIVERED,
            "gate, compare or report: gate not met": NOT_MET,
        },
        "archive": {
            "folder of a run": [RUN_FILE, f"<instance>{SUFFIX}"],
            "segment begins with": segment.MAGIC.decode(),
            "head of a record": [segment._HEAD.format, "size", "CRC-32"],
            "record": "remote-write 1.0 request",
        },
    }


@pytest.mark.parametrize("part", sorted(contract()))
def test_what_users_rely_on_is_as_committed(part: str) -> None:
    """A difference is a decision; docs/stability.md states the version that may contain it."""
    assert contract()[part] == json.loads(LIST.read_text())[part]


def test_the_list_has_nothing_else() -> None:
    """The list has no parts that the code no longer has."""
    assert contract().keys() == json.loads(LIST.read_text()).keys()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(contract(), indent=1) + "\n")
