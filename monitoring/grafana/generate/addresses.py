"""Links from dashboard to dashboard; their names are in `locust_push.documents.grafana`."""

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

TAG = "locust-push"

_TIMES = "from=${__data.fields.from.numeric}&to=${__data.fields.to.numeric}&var-datasource=${datasource}"


def row_link(uid: str, variable: str) -> str:
    """Return the address of a dashboard for the run of a table's row: of its columns Run, from and to (in ms)."""
    return f"/d/{uid}?var-{variable}=${{__data.fields.Run}}&{_TIMES}"


def to_each_other() -> DashboardLink:
    """Return the links at the top of each dashboard to the others, which keep the time range and what is chosen."""
    link = DashboardLink("Load tests").type(DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.keep_time(keep_time=True).include_vars(include_vars=True).as_dropdown(as_dropdown=False)
