"""Names of the messages between the processes of a run, over Locust's own connections."""

KEY = "locust_push"
"""The key of our part in a report of Locust's."""

PROBLEM = "locust_push_problem"
"""Where a worker that pushes nothing says why, in a report of Locust's."""

ACKNOWLEDGE = "locust_push_acknowledge"
"""The message from master to worker that answers a report."""

LAST_REPORT = "locust_push_last_report"
"""The message from worker to master with data that comes after Locust's last report."""
