"""Imports Locust's parser without gevent's patches, which would stall the workers of pytest-xdist."""

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "yes"
import locust.argument_parser

# Not for the Locust processes that other tests start.
del os.environ["LOCUST_SKIP_MONKEY_PATCH"]
assert locust.argument_parser
