"""The operator manages tenants over HTTP, and each tenant its own settings."""

import pytest


@pytest.fixture(scope="module")
def root(deployment) -> str:
    """An operator key."""
    return deployment.run("key", "create", "--operator", "--name", "root")["apiKey"]


def ask(server, method: str, path: str, key: str, body: object = None, **headers: str):
    return server.ask(method, path, body, {"X-API-Key": key} | headers)


def test_an_operator_sets_up_a_tenant_without_a_shell(server, root):
    """tenant → key → token in three requests."""
    tenant = ask(server, "POST", "/operator/tenants", root, {"id": "initech", "plan": "pro", "algorithm": "EdDSA"})
    assert tenant.status == 201 and tenant.json["quota"] == 100_000
    created = ask(server, "POST", "/admin/keys", root, {"name": "First"}, **{"X-Chat-Tenant": "initech"})
    pair = server.issue(created.json["apiKey"], {"userId": "u"})
    assert pair.status == 200
    assert ask(server, "GET", "/admin/tenant", root, **{"X-Chat-Tenant": "initech"}).json["issuedPairs"] == 1


def test_suspension_and_deletion_hold_at_once_and_over_a_restart(make_deployment):
    deployment = make_deployment()
    root = deployment.run("key", "create", "--operator", "--name", "root")["apiKey"]
    with deployment.serve() as server:
        ask(server, "POST", "/operator/tenants", root, {"id": "hooli"})
        key = deployment.key("hooli")
        token = server.pair(key)["token"]
        assert ask(server, "POST", "/operator/tenants/hooli/suspend", root).json["status"] == "suspended"
        assert server.issue(key, {"userId": "u"}).code == "tenant_suspended"
        assert ask(server, "POST", "/operator/tenants/hooli/resume", root).json["status"] == "active"
        assert server.verify(key, token, "rest")["valid"]
        assert ask(server, "DELETE", "/operator/tenants/hooli", root).json["status"] == "deleted"
        assert server.issue(key, {"userId": "u"}).code == "api_key_invalid"
    with deployment.serve() as server:
        assert server.issue(key, {"userId": "u"}).code == "api_key_invalid"
        node = deployment.node_key()
        assert server.verify(node, token, "rest")["code"] == "token_issuer_unknown"
        assert ask(server, "POST", "/operator/tenants", root, {"id": "hooli"}).status == 409
        assert ask(server, "POST", "/operator/tenants/hooli/resume", root).code == "invalid_state"
        listed = ask(server, "GET", "/operator/tenants", root).json["tenants"]
        assert {tenant["id"]: tenant["status"] for tenant in listed}["hooli"] == "deleted"


def test_a_tenant_cannot_raise_its_own_limits(server, deployment):
    admin = deployment.key("acme", "--scope", "admin")
    for change in ({"plan": "enterprise"}, {"quota": 10**9}, {"rate": 10**6}, {"status": "active"}, {"id": "x"}):
        assert ask(server, "PATCH", "/admin/tenant", admin, change).code == "invalid_request"
    assert ask(server, "PATCH", "/admin/tenant", admin, {"tokenLife": 120}).json["tokenLife"] == 120
    assert server.pair(deployment.key("acme"))["expiresIn"] == 120
