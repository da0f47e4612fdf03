"""``locust-push bridge``: forwards Alertmanager's webhook to channels.

``alerts`` parses the webhook, ``text`` formats a message from it, ``outbox`` sends messages to one channel, ``app``
decides the answer, ``telemetry`` counts, ``server`` is the HTTP server. All except ``outbox`` and ``server`` are pure.
"""
