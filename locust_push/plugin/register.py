"""The plugin of this process, and registering it with Locust's events."""

import locust
from locust.event import Events

from locust_push.plugin.listeners import Plugin

PLUGIN = Plugin()
"""The plugin of this process."""

_REGISTERED: list[Events] = []


def register_plugin(events: Events | None = None) -> None:
    """See :func:`locust_push.register`."""
    events = locust.events if events is None else events
    if not any(events is other for other in _REGISTERED):
        _REGISTERED.append(events)
        PLUGIN.register(events)
