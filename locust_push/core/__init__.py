"""Recording and aggregating requests: pure Python, no I/O except in ``system``.

Nothing in here imports Locust, gevent or requests, nor any other package of ``locust_push``.
"""
