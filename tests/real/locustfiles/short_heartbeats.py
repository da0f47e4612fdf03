"""The load of steady.py with a heartbeat timeout of two seconds rather than a minute."""

import locust.runners

from tests.real.locustfiles.steady import Visitor

__all__ = ["Visitor"]

locust.runners.HEARTBEAT_LIVENESS = 2
locust.runners.MASTER_HEARTBEAT_TIMEOUT = 2
