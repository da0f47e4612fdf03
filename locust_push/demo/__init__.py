"""Parts of ``locust-push demo``: a service to test, a locustfile, and the processes that run them.

Only :mod:`locust_push.cli.demo` uses this folder.
"""
