"""Checks whether pushing to a URL would work, before a run: the parts that every examination needs.

``check`` has the types, ``common`` the findings about any HTTP server. Each destination in ``outputs`` examines its own
type of server, and pushes a probe as a run would.
"""
