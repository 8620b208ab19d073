"""Jobs over HTTP: read and cancelled."""

import httpx

from bartizan.api.services import Services
from tests.api.conftest import error_of


def test_jobs(client: httpx.Client, services: Services) -> None:
    made = services.state.jobs.create("api-test", {"from": "now-7d"}, "maria")
    other = services.state.jobs.create("api-test", {}, "maria")
    claim = services.state.jobs.claim(["api-test"], "worker", 60)
    assert claim is not None
    services.state.jobs.progress(claim, 5, 10, {"secret": "of the worker"})
    listed = client.get("/api/v1/jobs", params={"kind": "api-test"}).json()
    assert listed["total"] == 2
    running = client.get("/api/v1/jobs", params={"kind": "api-test", "state": "running"}).json()["jobs"]
    assert [(job["done"], job["total"], "checkpoint" in job) for job in running] == [(5, 10, False)]
    states = {client.delete(f"/api/v1/jobs/{job.id}").json()["state"] for job in (made, other)}
    assert states == {"running", "cancelled"}
    assert client.get(f"/api/v1/jobs/{claim.job.id}").json()["asked_to_cancel"]
    missing = client.get("/api/v1/jobs/none")
    assert (missing.status_code, error_of(missing)["type"]) == (404, "Missing")
