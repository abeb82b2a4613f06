"""A tenant manages its API keys itself; see also test_api_keys.py."""

import pytest
from deployment import eventually


@pytest.fixture(scope="module")
def admin(deployment) -> str:
    """An API key of acme that manages."""
    return deployment.key("acme", "--scope", "admin")


def ask(server, method: str, path: str, key: str, body: object = None, **headers: str):
    return server.ask(method, path, body, {"X-API-Key": key} | headers)


def test_a_key_lives_its_whole_life(server, admin):
    """create → use → rotate with grace: both work → revoke → refused."""
    created = ask(server, "POST", "/admin/keys", admin, {"name": "Backend", "scopes": ["tokens:issue"]})
    assert created.status == 201
    old, path = created.json["apiKey"], f"/admin/keys/{created.json['id']}"
    assert old.startswith(created.json["preview"])
    assert server.issue(old, {"userId": "u"}).status == 200
    new = ask(server, "POST", f"{path}/rotate", admin, {"graceSeconds": 600}).json["apiKey"]
    for key in (old, new):
        assert server.issue(key, {"userId": "u"}).status == 200, "both work during the grace"
    shown = ask(server, "GET", path, admin)
    assert shown.json["status"] == "active" and shown.json["formerSecretUntil"]
    assert old[20:] not in shown.body.decode() and new[20:] not in shown.body.decode()
    revoked = ask(server, "POST", f"{path}/revoke", admin, {"reason": "test"})
    assert revoked.json["status"] == "revoked" and revoked.json["revocationReason"] == "test"
    assert server.issue(new, {"userId": "u"}).code == "api_key_revoked"
    assert server.issue(old, {"userId": "u"}).code == "api_key_invalid"


def test_usage_is_counted_exactly_and_outlives_the_server(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    with deployment.serve() as server:
        admin = deployment.key("acme", "--scope", "admin")
        created = ask(server, "POST", "/admin/keys", admin, {"name": "Counted"}).json
        path = f"/admin/keys/{created['id']}"
        for _ in range(25):
            assert server.issue(created["apiKey"], {"userId": "u"}).status == 200
        server.issue(created["apiKey"], {})
        seen = eventually(lambda: (found := ask(server, "GET", path, admin).json)["usageCount"] == 26 and found, timeout=5)
        assert seen["lastUsedAt"]
        server.issue(created["apiKey"], {"userId": "u"})
    with deployment.serve() as server:
        assert ask(server, "GET", path, admin).json["usageCount"] == 27, "a stop in order loses nothing"


def test_a_key_that_is_not_for_managing_manages_nothing(server, key, node_key):
    for wrong in (key, node_key):
        for path in ("/admin/keys", "/admin/tenant", "/admin/signing-keys", "/operator/tenants"):
            assert ask(server, "GET", path, wrong).code == "scope_missing"
    own = ask(server, "GET", "/admin/keys/self", key).json
    assert own["tenant"] == "acme" and own["scopes"] == ["tokens:issue", "tokens:verify"]


def test_an_operator_key_acts_for_the_tenant_it_names(server, deployment):
    root = deployment.run("key", "create", "--operator", "--name", "root")["apiKey"]
    assert ask(server, "GET", "/admin/keys", root).code == "tenant_required"
    for name in ("acme", "globex"):
        keys = ask(server, "GET", "/admin/keys", root, **{"X-Chat-Tenant": name}).json["keys"]
        assert {key["tenant"] for key in keys} <= {name}
    assert ask(server, "GET", "/admin/keys", root, **{"X-Chat-Tenant": "nobody"}).status == 404
