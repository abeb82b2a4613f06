"""A tenant rotates its signing keys while it is served, without one failed request."""

import threading

import pytest


@pytest.fixture(scope="module")
def admin(deployment) -> str:
    """An API key of acme that manages."""
    return deployment.key("acme", "--scope", "admin")


def post(server, path: str, key: str, body: object = None, **headers: str):
    return server.ask("POST", path, {} if body is None else body, {"X-API-Key": key} | headers)


class Traffic:
    """Issues and verifies without a pause; whatever fails is kept, and so is every token."""

    def __init__(self, server, key):
        self.server, self.key = server, key
        self.failures, self.tokens, self.stopped = [], [], threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(3)]

    def run(self):
        while not self.stopped.is_set():
            answer = self.server.issue(self.key, {"userId": "u"})
            if answer.status != 200:
                self.failures.append(answer.body)
                continue
            self.tokens.append(answer.json["token"])
            for token in (self.tokens[0], self.tokens[-1]):
                verdict = self.server.verify(self.key, token, "rest")
                if not verdict["valid"]:
                    self.failures.append(verdict)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def test_a_rotation_fails_no_request(server, deployment, admin):
    deployment.run("tenant", "update", "acme", "--rate", "100000", "--burst", "100000", "--quota", "1000000")
    key = deployment.key("acme")
    with Traffic(server, key) as traffic:
        for algorithm in ("ES256", "EdDSA", "RS256", "HS256"):
            standby = post(server, "/admin/signing-keys", admin, {"algorithm": algorithm})
            assert standby.status == 201
            kid = standby.json["kid"]
            if algorithm != "HS256":
                published = server.ask("GET", "/t/acme/.well-known/jwks.json").json["keys"]
                assert kid in [key["kid"] for key in published], "published before it signs"
            assert post(server, f"/admin/signing-keys/{kid}/activate", admin).json["state"] == "active"
            before = len(traffic.tokens)
            while len(traffic.tokens) < before + 20 and not traffic.failures:
                pass
    assert traffic.failures == [] and len(traffic.tokens) >= 80
    assert all(server.verify(key, token, "rest")["valid"] for token in traffic.tokens[:: len(traffic.tokens) // 50])


def test_a_revoked_key_takes_its_tokens_with_it(server, deployment, admin):
    key = deployment.key("acme")
    token = server.pair(key)["token"]
    active = next(
        k for k in server.ask("GET", "/admin/signing-keys", headers={"X-API-Key": admin}).json["signingKeys"]
        if k["state"] == "active"
    )
    answer = post(server, f"/admin/signing-keys/{active['kid']}/revoke", admin, {"replace": True})
    assert answer.json["revoked"]["state"] == "revoked" and answer.json["successor"]["state"] == "active"
    assert not server.verify(key, token, "rest")["valid"]
    assert server.verify(key, server.pair(key)["token"], "rest")["valid"]


def test_only_the_operator_exports_a_secret_and_the_log_says_so(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    root = made.run("key", "create", "--operator", "--name", "root")["apiKey"]
    admin = made.key("acme", "--scope", "admin")
    with made.serve() as server:
        listed = server.ask("GET", "/admin/signing-keys", headers={"X-API-Key": admin}).json["signingKeys"]
        path = f"/admin/signing-keys/{listed[0]['kid']}/export"
        assert post(server, path, admin).code == "access_denied"
        answer = post(server, path, root, **{"X-Chat-Tenant": "acme"})
        assert answer.status == 200 and answer.json == made.secret("acme")
