"""Recording and aggregating requests: pure Python, no I/O.

Nothing in here imports Locust, gevent or requests, nor any other package of ``locust_push``.
"""
