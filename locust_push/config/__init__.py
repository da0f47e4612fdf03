"""Parsing and checking of configuration: values, secrets, URLs, and the error that reports a bad one.

Pure except for secret files. :mod:`locust_push.options` has the table of options.
"""
