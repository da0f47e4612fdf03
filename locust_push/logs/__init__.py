"""The structured log of ``--push-log-file``: one JSON object per line, in the Elastic Common Schema.

``context`` adds fields to a line, ``ecs`` formats it (the only file that imports ecs-logging), ``file`` writes it, and
``attach`` connects loggers to the file.
"""
