"""The load of steady.py in processes that miss each other after two seconds rather than after a minute."""

import locust.runners
from steady import Visitor  # type: ignore[import-not-found]  # Locust puts this folder on the path

__all__ = ["Visitor"]

locust.runners.HEARTBEAT_LIVENESS = 2
locust.runners.MASTER_HEARTBEAT_TIMEOUT = 2
