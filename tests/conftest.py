import signal

import pytest

# A shell that starts a command in the background may have it ignore SIGINT, which every process inherits that a test
# starts; those that are to be ended by Ctrl-C would not receive it.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.servers.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count instructions first: one such test takes over a minute, which others would wait for if it came last."""
    items.sort(key=lambda item: "tests/instructions/" not in item.nodeid)
