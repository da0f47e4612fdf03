"""``python -m locust_push``: the command ``locust-push``, with the Python that runs it."""

from locust_push.cli.main import main

if __name__ == "__main__":
    main(prog_name="locust-push")
