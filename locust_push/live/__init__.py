"""One run in one process: its assembly from settings and a Locust environment, its start, end, verdict and reports."""
