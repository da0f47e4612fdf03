"""Push Locust's results to Prometheus while the test runs.

``import locust_push`` in a locustfile adds the options to Locust; ``--push-url URL`` switches it on. Importing starts
nothing: no greenlet, no socket, no file.
"""

import sys
from typing import TYPE_CHECKING

from locust_push.custom.declare import counter, gauge, histogram
from locust_push.logs.context import log_context
from locust_push.version import __version__

if TYPE_CHECKING:
    from locust.event import Events

__all__ = ["__version__", "counter", "gauge", "histogram", "log_context", "register"]


def register(events: "Events | None" = None) -> None:
    """Listen to Locust's events; to ``locust.events`` unless others are given. Further calls for them do nothing.

    Only needed where Locust is used as a library with events of its own, or imported after ``locust_push``.
    """
    # It imports Locust, which takes 300 ms; the command line does not need it.
    from locust_push.plugin.register import register_plugin  # noqa: PLC0415

    register_plugin(events)


# In a locustfile Locust is imported already; otherwise there is nothing to listen to.
if "locust" in sys.modules:
    register()
