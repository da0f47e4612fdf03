"""The locustfile's own metrics: whatever it registers with prometheus_client becomes series of the run.

``names`` says which series a sample of prometheus_client is, ``cells`` how its values count from the start of a run,
``entries`` holds all of them, ``collect`` asks the collectors at each tick, each of them a ``source``, and
``registry`` finds them. Nothing here imports prometheus_client: where the locustfile does not, there is nothing to
collect, and 60 ms are saved.
"""

from locust_push.custom.collect import CustomMetrics
from locust_push.custom.entries import Entries
from locust_push.custom.names import RUN_LABELS
from locust_push.custom.registry import check_registry, registered_collectors

__all__ = ["RUN_LABELS", "CustomMetrics", "Entries", "check_registry", "registered_collectors"]
