"""/metrics and the logs: what an operator sees, and what nobody must see there."""

import json
import re
import subprocess

import pytest

from deployment import eventually


@pytest.fixture(scope="module")
def rendered(server, deployment, key, node_key):
    """The metrics after some of everything."""
    pair = server.pair(key, {"userId": "metrics-user"})
    server.verify(node_key, pair["wsToken"], "ws")
    for path in ("/healthz", "/readyz", "/docs", "/nothing/metrics-user", "/t/acme/.well-known/jwks.json"):
        server.ask("GET", path)
    server.issue("nonsense", {"userId": "u"})
    server.issue(key, "not json")
    server.ask("POST", "/verify/batch", {"tokens": [{"token": "x", "expect": "ws"}]}, {"X-API-Key": key})
    deployment.tenant("spent", rate=1, burst=1, quota=1)
    spent = deployment.key("spent")
    for _ in range(3):
        server.issue(spent, {"userId": "u"})
    with server.wire() as wire:
        wire.send(b"garbage\r\n\r\n")
        wire.rest()
    return server.metrics()


def series(text: str) -> list[tuple[str, dict[str, str], float]]:
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)", line).groups()
            found.append((name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value)))
    return found


def test_promtool_finds_nothing(rendered, program):
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=rendered, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0 and not done.stderr and not done.stdout, done.stdout + done.stderr


def test_no_label_names_a_tenant_a_user_or_a_key(rendered, key, node_key):
    for name, labels, _ in series(rendered):
        assert not {"tenant", "user", "user_id", "key", "api_key", "kid"} & set(labels), name
    for word in ("acme", "globex", "metrics-user", "spent", key[8:20], node_key[8:20], "eyJ"):
        assert word not in rendered


def test_requests_are_counted_by_route_template_status_and_lane(server, rendered):
    requests = [
        (labels, value)
        for name, labels, value in series(rendered)
        if "request" in name and name.endswith(("_total", "_count")) and "route" in labels
    ]
    assert requests
    routes = {labels["route"] for labels, _ in requests}
    assert {"/tokens", "/verify", "/verify/batch", "/healthz", "/t/{tenant}/.well-known/jwks.json"} <= routes
    assert not any("nothing" in route for route in routes), "a path nobody knows is no label of its own"
    assert {"fast", "main"} == {labels["lane"] for labels, _ in requests if "lane" in labels}
    tokens = {labels.get("status") for labels, _ in requests if labels["route"] == "/tokens"}
    assert {"200", "400", "401", "429"} <= tokens


def test_everything_promised_is_there(rendered):
    names = " ".join({name for name, _, _ in series(rendered)})
    for what in ("request", "duration", "batch", "queue", "directory_lookups", "refus", "storage", "memory"):
        assert what in names, f"nothing about {what} in {names}"


def test_a_flood_of_paths_does_not_grow_the_metrics(server):
    before = len(series(server.metrics()))
    with server.wire(timeout=30) as wire:
        for index in range(20):
            wire.ask("GET", f"/flood/{index}")
        for method in ("PROPFIND", "OPTIONS", "PATCH", "MKCOL", "LOCK"):
            wire.ask(method, f"/flood/{method}", headers={"Content-Length": "0"})
    assert len(series(server.metrics())) <= before + 2 * 20


def test_metrics_have_an_address_of_their_own(server, deployment):
    assert server.ask("GET", "/metrics").status == 404


def test_metrics_can_be_off(make_deployment):
    made = make_deployment(METRICS_ADDRESS="off")
    with made.serve() as server:
        with pytest.raises(OSError):
            server.metrics()


def test_failures_are_logged_with_their_request_id(server, key):
    refused = server.issue("nonsense", {"userId": "u"}, **{"X-Request-ID": "find-me-401"})
    assert refused.status == 401
    lines = log_lines_with(server, "find-me-401")
    assert lines and "api_key_invalid" in json.dumps(lines[0])


def test_successes_are_logged_only_if_asked_for(server, key, make_deployment):
    server.issue(key, {"userId": "u"}, **{"X-Request-ID": "not-logged"})
    made = make_deployment(ACCESS_LOG="on", LOG_LEVEL="trace")
    made.tenant("acme")
    own = made.key("acme")
    with made.serve() as loud:
        assert loud.issue(own, {"userId": "u"}, **{"X-Request-ID": "logged-fast"}).status == 200
        assert loud.ask("GET", "/healthz", headers={"X-Request-ID": "logged-main"}).status == 200
        eventually(lambda: "logged-fast" in loud.log.read_text() and "logged-main" in loud.log.read_text())
    assert "not-logged" not in server.log.read_text()


def test_a_request_id_cannot_forge_a_log_line(server):
    with server.wire() as wire:
        wire.ask("POST", "/tokens", {"userId": "u"}, {"X-Request-ID": 'a","level":"forged', "X-API-Key": "x"})
    assert "forged" not in server.log.read_text()


def log_lines_with(server, text: str) -> list[dict]:
    return eventually(lambda: [json.loads(line) for line in server.log.read_text().splitlines() if text in line])
