"""``locust-push init``: writes pipelines and the stack of monitoring servers into a project.

``files`` finds the files in the package, ``plan`` decides which of them a project lacks, and writes them.
"""
