"""A run in one process: put together from settings and a Locust environment, started, ended, judged.

``run`` is what the plugin holds of it; beside it, what it is made of.
"""

from locust_push.active_run.run import ActiveRun

__all__ = ["ActiveRun"]
