"""The locustfile's own metrics: every metric that it registers with prometheus_client becomes series of the run.

``names`` maps a sample of prometheus_client to a series, ``cells`` counts its values from the start of a run,
``entries`` holds all series, ``collect`` calls the collectors at each tick, each of which is a ``source``, and
``registry`` finds them. Only ``declare`` imports prometheus_client, which takes 60 ms: without it in the locustfile
nothing is collected.
"""
