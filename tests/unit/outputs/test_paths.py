import pytest

from locust_push.outputs.remote_write.paths import base_url, query_url


@pytest.mark.parametrize(
    ("push_url", "expected"),
    [
        ("http://prometheus:9090/api/v1/write", "http://prometheus:9090"),
        ("http://proxy/prefix/api/v1/write/", "http://proxy/prefix"),
        ("http://victoria:8428/api/v1/write?extra_label=a=b", "http://victoria:8428"),
        ("http://mimir/api/v1/push", "http://mimir/prometheus"),
        ("https://grafana.example.com/api/prom/push", "https://grafana.example.com/api/prom"),
        ("https://aps/workspaces/ws-1/api/v1/remote_write", "https://aps/workspaces/ws-1"),
        ("http://thanos:10908/api/v1/receive", None),
        ("http://vminsert:8480/insert/0/prometheus/api/v1/write", None),
        ("http://pushgateway:9091", None),
    ],
)
def test_where_to_query_follows_from_where_to_push(push_url: str, expected: str | None) -> None:
    """The query URL is known for receivers whose path shows it."""
    assert query_url(push_url) == expected


@pytest.mark.parametrize(
    ("push_url", "expected"),
    [
        ("http://prometheus:9090/api/v1/write", "http://prometheus:9090"),
        ("http://mimir/x/api/v1/push/?a=b", "http://mimir/x"),
        ("http://thanos:10908/api/v1/receive", "http://thanos:10908"),
        ("http://host/custom/write", "http://host/custom"),
        ("http://host/insert", "http://host/insert"),
    ],
)
def test_other_apis_of_a_server_are_beside_its_receiver(push_url: str, expected: str) -> None:
    """The base is without the query, and without the receiver's end of the path."""
    assert base_url(push_url) == expected
