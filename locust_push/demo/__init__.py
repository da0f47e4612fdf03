"""What ``locust-push demo`` needs: a service to test, a locustfile, and the processes that run them for a while.

Nothing in here is used by anything else of the package; :mod:`locust_push.cli.demo` puts it together.
"""
