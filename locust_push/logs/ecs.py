"""Formats a line of the structured log. The only file that imports ecs-logging.

Fields of the Elastic Common Schema: ``@timestamp``, ``log.level``, ``log.logger``, ``message``, ``event.id``,
``log.origin.function``, ``log.origin.file.line``, ``error.type``, ``error.message``, ``error.stack_trace``. Fields
that the schema lacks are at the top level: ``module``, ``run_id``, and ``user_id``, ``request_id``, ``test_name`` if
set. The labels of the run are in ``labels``; other fields that users log are in ``extra``, see
:mod:`locust_push.logs.extra`.
"""

import logging
from collections.abc import Mapping
from traceback import format_exception
from typing import Any
from uuid import uuid4

import ecs_logging

from locust_push.core.series import Labels
from locust_push.logs.context import current_fields
from locust_push.logs.extra import as_text, cut_out, sorted_out

_USUAL = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})
"""Attributes that every record has."""

_KNOWN = ("user_id", "request_id", "test_name")
"""Fields of users that are at the top level."""


class EcsFormatter(ecs_logging.StdlibFormatter):
    """Formats records, with the labels of the current run."""

    def __init__(self) -> None:
        # Greenlets are not threads; the message is not repeated; and errors are formatted here.
        super().__init__(exclude_fields=["log.original", "process.thread", "error"], ensure_ascii=False)
        self._run: dict[str, Any] = {}
        self._names: set[str] = set()

    def set_run(self, run_id: str, labels: Labels) -> None:
        """Add this run's ID and labels to all later lines."""
        self._run = {"run_id": run_id, "labels": dict(labels)}

    def format_to_ecs(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of a line; those of a record take precedence over its context."""
        values = vars(record)
        usual = {name: value for name, value in values.items() if name in _USUAL}
        fields: dict[str, Any] = super().format_to_ecs(logging.makeLogRecord(usual))
        fields["message"] = cut_out(fields["message"])
        given = {**current_fields(), **{name: value for name, value in values.items() if name not in _USUAL}}
        known = {name: as_text(given.pop(name)) for name in _KNOWN if name in given}
        # With an ID, a line that is read twice becomes one document.
        event = {"event": {"id": uuid4().hex}}
        return {
            **fields,
            **_error(record),
            **event,
            "module": record.module,
            **self._run,
            **known,
            **sorted_out(given, self._names),
        }

    def format(self, record: logging.LogRecord) -> str:
        """Return a line that every reader treats as one line."""
        return super().format(record).translate(_LINE_ENDS)


_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}
"""Characters that JSON allows within a text, and that readers of lines treat as a line end."""


def _error(record: logging.LogRecord) -> Mapping[str, Any]:
    """Return the fields of an exception, with causes and parts of groups in its trace; or the stack of a line."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is None:
        return {"error": {"stack_trace": cut_out(record.stack_info)}} if record.stack_info else {}
    trace = cut_out("".join(format_exception(error)))
    return {"error": {"type": type(error).__name__, "message": cut_out(as_text(error)), "stack_trace": trace}}
