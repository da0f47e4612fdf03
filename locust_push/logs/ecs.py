"""Formats a line of the structured log. The only file that imports ecs-logging.

Fields of the Elastic Common Schema: ``@timestamp``, ``log.level``, ``log.logger``, ``message``,
``log.origin.function``, ``log.origin.file.line``, ``error.type``, ``error.message``, ``error.stack_trace``. Fields
that the schema lacks are at the top level: ``module``, ``run_id``, and ``user_id``, ``request_id``, ``test_name`` if
set. The labels of the run are in ``labels``.
"""

import logging
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
        return {"module": record.module, **self._run, **current_fields(), **own}


def _without_extra(record: logging.LogRecord) -> logging.LogRecord:
    usual = vars(logging.makeLogRecord({}))
    return logging.makeLogRecord({name: value for name, value in vars(record).items() if name in usual})
