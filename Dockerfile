# Locust with locust-push: master, worker, bridge and the sample target of docker-compose.yml.
# docker build --build-arg VERSION=… --tag locust-push .
# docker run --rm --read-only -v "$PWD/locustfile.py:/home/locust/locustfile.py:ro" locust-push run -f locustfile.py …

# The wheel, with the compiler that setup.py looks for.
FROM python:3.13.5-bookworm AS wheel
WORKDIR /src
COPY pyproject.toml setup.py README.md LICENSE docker-compose.yml .env.example ./
COPY monitoring ./monitoring
COPY examples ./examples
COPY locust_push ./locust_push
RUN LOCUST_PUSH_REQUIRE_COMPILED=1 pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

# What it depends on, in the Python that it runs with.
FROM python:3.13.5-slim-bookworm AS environment
ARG EXTRAS=notify,logs,aws
COPY --from=wheel /wheels /wheels
RUN python -m venv /opt/locust-push \
    && /opt/locust-push/bin/pip install --no-cache-dir "$(ls /wheels/*.whl)[$EXTRAS]"

FROM python:3.13.5-slim-bookworm
ARG VERSION=local
LABEL org.opencontainers.image.title="locust-push" \
      org.opencontainers.image.description="Locust whose results are pushed to Prometheus, labelled by run" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13.5-slim-bookworm"
# Folders that volumes take their owner from; nothing else is written, so that the root file system can be read-only.
RUN useradd --uid 10001 --create-home locust \
    && install --directory --owner=locust --group=locust /var/log/locust /var/lib/locust-push
COPY --from=environment /opt/locust-push /opt/locust-push
ENV PATH=/opt/locust-push/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOCUST_PUSH_SPOOL=/var/lib/locust-push
VOLUME ["/var/lib/locust-push", "/var/log/locust"]
# By its number, which Kubernetes can see to be another than root's.
USER 10001
WORKDIR /home/locust
# One image for several roles: a worker listens on no port. docker-compose.yml has the check of each role that does.
HEALTHCHECK NONE
ENTRYPOINT ["locust-push"]
CMD ["--help"]
