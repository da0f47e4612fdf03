"""Finding out why pushing to a URL would not work, before a run does: what every examination needs.

``check`` holds what a finding is, ``common`` what can be said of any HTTP server. Each destination in ``outputs``
examines its own kind of server, and pushes a probe as a run would.
"""
