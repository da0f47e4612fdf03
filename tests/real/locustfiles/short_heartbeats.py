"""The load of steady.py in processes that miss each other after two seconds rather than after a minute."""

import locust.runners

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]

locust.runners.HEARTBEAT_LIVENESS = 2
locust.runners.MASTER_HEARTBEAT_TIMEOUT = 2
