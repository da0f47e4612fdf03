"""Finding out why pushing to a URL would not work, before a run does.

``check`` holds what a finding is, ``common`` what holds for any server, ``remote_write`` and ``pushgateway`` push a
probe as a run would. What they leave behind is nothing on a Pushgateway, and elsewhere one series,
:data:`~locust_push.doctor.remote_write.SERIES`.
"""
