"""What came of runs: reading them back, and comparing and judging them.

``sources`` holds one module per place that runs are read from, each a :class:`~locust_push.results.source.RunSource`;
both give the samples of ``samples``, of which ``build`` makes the results in ``summary``. ``measures`` says by which
numbers runs are compared (``compare``) and judged (``gate``), and ``baselines`` which runs they are held against.
"""
