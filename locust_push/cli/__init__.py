"""The command ``locust-push``: one file per command, which holds a function of the same name."""
