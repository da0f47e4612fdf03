"""The structured log of ``--push-log-file``: one JSON object a line, in the Elastic Common Schema.

``context`` what a line says beside its message, ``file`` how it gets into the file whole, ``ecs`` what it looks like
(the only file that imports ecs-logging), ``attach`` which loggers it comes from.
"""
