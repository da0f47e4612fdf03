# Locust with locust-push: master, worker, bridge and the sample target of docker-compose.yml.
# With the compiler that setup.py looks for.
FROM python:3.13.5-bookworm AS build
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE ./
COPY locust_push ./locust_push
RUN python -m venv /opt/locust-push && /opt/locust-push/bin/pip install --no-cache-dir ".[notify,logs]"

FROM python:3.13.5-slim-bookworm
# Folders that named volumes take their owner from.
RUN useradd --uid 10001 --create-home locust \
    && install --directory --owner=locust --group=locust /var/log/locust /var/lib/locust-push
COPY --from=build /opt/locust-push /opt/locust-push
ENV PATH=/opt/locust-push/bin:$PATH PYTHONUNBUFFERED=1 LOCUST_PUSH_SPOOL=/var/lib/locust-push
USER locust
WORKDIR /home/locust
ENTRYPOINT ["locust-push"]
CMD ["--help"]
