"""What a line of the structured log looks like. The only file that imports ecs-logging.

Fields of the Elastic Common Schema: ``@timestamp``, ``log.level``, ``log.logger``, ``message``,
``log.origin.function``, ``log.origin.file.line``, ``error.type``, ``error.message``, ``error.stack_trace``. At the top
level, what the schema has no place for: ``module``, ``run_id``, and ``user_id``, ``request_id``, ``test_name`` where
they are set. The labels of the run are in ``labels``.
"""

import logging
from typing import Any

import ecs_logging

from locust_push.core.series import Labels
from locust_push.logs.context import current_fields


class EcsFormatter(ecs_logging.StdlibFormatter):
    """Formats records, with the labels of the run that is going on."""

    def __init__(self) -> None:
        # Greenlets are not threads; and the message need not be there twice.
        super().__init__(exclude_fields=["log.original", "process.thread"], ensure_ascii=False)
        self._run: dict[str, Any] = {}

    def set_run(self, run_id: str, labels: Labels) -> None:
        """From now on lines belong to this run."""
        self._run = {"run_id": run_id, "labels": dict(labels)}

    def format_to_ecs(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the fields of a line; what a record brings itself wins over its context, and that over the run."""
        try:
            own: dict[str, Any] = super().format_to_ecs(record)
        except TypeError:  # something in ``extra`` has the name of an object of the schema, such as ``log``
            own = super().format_to_ecs(_without_extra(record))
        return {"module": record.module, **self._run, **current_fields(), **own}


def _without_extra(record: logging.LogRecord) -> logging.LogRecord:
    usual = vars(logging.makeLogRecord({}))
    return logging.makeLogRecord({name: value for name, value in vars(record).items() if name in usual})
