"""The load of steady.py on a machine whose clock is wrong by as many seconds as CLOCK_OFFSET says."""

import os
import time

_right = time.time
time.time = lambda: _right() + float(os.environ["CLOCK_OFFSET"])

from tests.real.locustfiles.steady import Visitor  # noqa: E402  # locust_push is to see no other clock

__all__ = ["Visitor"]
