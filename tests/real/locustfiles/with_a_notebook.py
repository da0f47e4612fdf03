"""The steady load, by a locustfile that adds a destination."""

from locust_push.outputs.registry import DESTINATIONS
from tests.real.locustfiles.steady import Visitor  # noqa: F401  # Locust looks for it here
from tests.real.notebook import Notebook

DESTINATIONS.insert(0, Notebook())
