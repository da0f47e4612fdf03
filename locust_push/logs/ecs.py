"""Formats a line of the structured log. The only file that imports ecs-logging.

Fields of the Elastic Common Schema: ``@timestamp``, ``log.level``, ``log.logger``, ``message``,
``log.origin.function``, ``log.origin.file.line``, ``error.type``, ``error.message``, ``error.stack_trace``. Fields
that the schema lacks are at the top level: ``module``, ``run_id``, and ``user_id``, ``request_id``, ``test_name`` if
set. The labels of the run are in ``labels``.
"""

import logging
import math
from typing import Any

import ecs_logging

from locust_push.core.series import Labels
from locust_push.logs.context import current_fields


class EcsFormatter(ecs_logging.StdlibFormatter):
    """Formats records, with the labels of the current run."""

    def __init__(self) -> None:
        # Greenlets are not threads; and the message need not be there twice.
        super().__init__(exclude_fields=["log.original", "process.thread"], ensure_ascii=False)
        self._run: dict[str, Any] = {}

    def set_run(self, run_id: str, labels: Labels) -> None:
        """Add this run's ID and labels to all later lines."""
        self._run = {"run_id": run_id, "labels": dict(labels)}

    def format_to_ecs(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of a line; those of a record take precedence over its context, and that over the run."""
        try:
            own: dict[str, Any] = super().format_to_ecs(record)
        except TypeError:  # something in ``extra`` has the name of an object of the schema, such as ``log``
            own = super().format_to_ecs(_without_extra(record))
        fields = {"module": record.module, **self._run, **current_fields(), **own}
        # By it a line would choose the index that Filebeat writes it to.
        fields.pop("@metadata", None)
        return {name: _finite(value) for name, value in fields.items()}

    def format(self, record: logging.LogRecord) -> str:
        """Return a line that every reader takes for one line."""
        return super().format(record).translate(_LINE_ENDS)


_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
"""What JSON allows within a text, and readers of lines take for the end of one."""

_DEPTH = 20
"""Of nested values that are looked through; JSON refuses a value that holds itself in its own way."""


def _finite(value: object, depth: int = _DEPTH) -> object:
    """Return a value without NaN and infinity, which JSON lacks and an index refuses the whole line for: as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if depth and isinstance(value, dict):
        return {name: _finite(one, depth - 1) for name, one in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_finite(one, depth - 1) for one in value]
    return value


def _without_extra(record: logging.LogRecord) -> logging.LogRecord:
    usual = vars(logging.makeLogRecord({}))
    return logging.makeLogRecord({name: value for name, value in vars(record).items() if name in usual})
