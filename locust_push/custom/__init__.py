"""The locustfile's own metrics: whatever it registers with prometheus_client becomes series of the run.

``names`` says which series a sample of prometheus_client is, ``cells`` how its values count from the start of a run,
``entries`` holds all of them, ``collect`` asks the collectors at each tick, each of them a ``source``, and
``registry`` finds them. Nothing here imports prometheus_client: where the locustfile does not, there is nothing to
collect, and 60 ms are saved.
"""
