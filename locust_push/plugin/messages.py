"""Names of the messages between the processes of a run, over Locust's own connections."""

KEY = "locust_push"
"""The key of our part in a report of Locust's."""

PROBLEM = "locust_push_problem"
"""The key of the reason why a worker pushes nothing, in a report of Locust's."""

ACKNOWLEDGE = "locust_push_acknowledge"
"""The message from master to worker that answers a report."""

LAST_REPORT = "locust_push_last_report"
"""The message from worker to master with data that comes after Locust's last report."""

NAME_QUESTION = "locust_push_name"
"""The message from worker to master that asks for a name of ``--push-instance``."""

NAME_ANSWER = "locust_push_name_answer"
"""The answer to that message."""
