"""One run in one process: assembled from settings and a Locust environment, started, ended, judged, reported."""
