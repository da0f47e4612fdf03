"""What ``locust-push init`` writes into a project: pipelines, and the stack of monitoring servers.

``files`` finds what travels with the package, ``plan`` decides what a project lacks, pure, and writes it.
"""
