"""Snapshots to bytes: pure encoders, no I/O.

Nothing in here imports Locust, gevent or requests; of ``locust_push`` only :mod:`locust_push.core`.
"""
