"""Fields that log lines get from their context: the user, the request, the test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_fields: ContextVar[Mapping[str, str]] = ContextVar("locust_push_log_fields")


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add fields to every structured log line that this user writes in the ``with`` block.

    The index template and the saved search have ``user_id``, ``request_id`` and ``test_name``; other names are
    possible. Nested blocks add up. Each user of Locust is a greenlet with a separate context: fields of one user are
    not in the lines of another. For a single line use ``logger.info(…, extra={"user_id": …})``.
    """
    token = _fields.set({**current_fields(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def current_fields() -> Mapping[str, str]:
    """Return the fields of the current blocks."""
    return _fields.get({})
