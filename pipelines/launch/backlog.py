"""What waits in the payroll's subscriptions, as Cloud Monitoring measures it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.launch.answers import LaunchCheck

ENDPOINT = "https://monitoring.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/monitoring.read"
METRIC = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
OF_PAYROLL = 'resource.labels.subscription_id = ends_with(".payroll")'
MINUTES, WELL_SECONDS, SECONDS_OF_ANSWER = 10, 900, 20


def backlog(project: str, session: Any = None, endpoint: str = ENDPOINT) -> LaunchCheck:
    """How old the oldest message is that waits for the payroll. ``session``: another way to ask, for tests."""
    now = datetime.now(UTC)
    asked = {
        "filter": f'metric.type = "{METRIC}" AND {OF_PAYROLL}',
        "interval.startTime": (now - timedelta(minutes=MINUTES)).isoformat(),
        "interval.endTime": now.isoformat(),
    }
    address = f"{endpoint}/v3/projects/{project}/timeSeries"
    answer = (session or _session()).get(address, params=asked, timeout=SECONDS_OF_ANSWER)
    if not answer.ok:
        return LaunchCheck(
            "backlog", None, f"Monitoring does not say what waits: {answer.status_code} {answer.reason}."
        )
    ages = {
        series["resource"]["labels"]["subscription_id"]: int(series["points"][0]["value"]["int64Value"])
        for series in answer.json().get("timeSeries", ())
        if series.get("points")
    }
    if not ages:
        return LaunchCheck("backlog", None, f"Monitoring knows nothing of the last {MINUTES} minutes.")
    name, oldest = max(ages.items(), key=lambda each: each[1])
    where = f" ({name})" if oldest else ""
    return LaunchCheck(
        "backlog", oldest < WELL_SECONDS, f"The oldest that waits is {oldest // 60:,} minutes old{where}."
    )


def _session() -> Any:
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=[SCOPE])
    return AuthorizedSession(credentials)
