"""Results of runs: reading them back, comparing and judging them.

``sources`` holds one module per place that runs are read from, each a :class:`~locust_push.results.source.RunSource`;
both return the samples of ``samples``, from which ``build`` makes the results in ``model``. ``measures`` lists the
numbers by which runs are compared (``compare``) and judged (``gate``), and ``baselines`` chooses the runs to compare
with.
"""
