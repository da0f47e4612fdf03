"""From Alertmanager's webhook to channels: what ``locust-push bridge`` runs.

``alerts`` reads the webhook, ``text`` makes a message of it, ``outbox`` takes messages to one channel, ``app`` decides
what is answered, ``telemetry`` counts, ``server`` is the HTTP around it. All but ``outbox`` and ``server`` are pure.
"""
