"""What log lines say of the moment they were written in: the user, the request, the test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_fields: ContextVar[Mapping[str, str]] = ContextVar("locust_push_log_fields")


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Add fields to every structured log line that this user writes in the ``with`` block.

    ``user_id``, ``request_id`` and ``test_name`` are what the index template and the saved search know; any other name
    will do. Blocks inside of blocks add up. Each user of Locust is a greenlet with a context of its own: what one sets
    does not show in the lines of another. For one line alone ``logger.info(…, extra={"user_id": …})`` does the same.
    """
    token = _fields.set({**current_fields(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def current_fields() -> Mapping[str, str]:
    """Return the fields of the blocks that are open here."""
    return _fields.get({})
