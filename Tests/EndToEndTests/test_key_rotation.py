"""Walk-throughs of rotations under load: whoever does them in this order fails not one request."""

import contextlib
import json
import sqlite3
import threading
import time

import jwt
import pytest

import jose
from deployment import eventually

USER = {"userId": "u"}


@pytest.fixture(scope="module")
def admin(deployment) -> str:
    """An API key of acme that manages."""
    return deployment.key("acme", "--scope", "admin")


def post(server, path: str, key: str, body: object):
    answer = server.ask("POST", path, body, {"X-API-Key": key})
    assert answer.status in (200, 201), answer
    return answer.json


class Backend(threading.Thread):
    """Issues without a pause with the key that it was last given; whatever fails is kept, and so is every token."""

    def __init__(self, server, key: str):
        super().__init__()
        self.server, self.key = server, key
        self.failures, self.tokens, self.is_stopped = [], [], False

    def run(self):
        while not self.is_stopped:
            with self.server.wire() as wire:
                for _ in range(20):
                    answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": self.key})
                    if answer.status != 200:
                        self.failures.append((self.key[:20], answer))
                    else:
                        self.tokens.append(answer.json["wsToken"])

    def stop(self):
        self.is_stopped = True
        self.join()


def more(threads, count: int = 40) -> None:
    """Waits until each has done so many more, so that every step of a walk-through is under load."""
    before = [len(thread.tokens) for thread in threads]
    eventually(
        lambda: all(len(thread.tokens) >= start + count for thread, start in zip(threads, before, strict=True)),
        timeout=60,
    )


def test_an_api_key_is_rotated_under_load(server, deployment, admin):
    """Rotate with grace, give the new secret to one backend after the other, and only then let the old one end."""
    deployment.run("tenant", "update", "acme", "--rate", "100000", "--burst", "100000", "--quota", "100000000")
    created = post(server, "/admin/keys", admin, {"name": "Backend", "scopes": ["tokens:issue"]})
    old, path = created["apiKey"], f"/admin/keys/{created['id']}"
    backends = [Backend(server, old) for _ in range(3)]
    for backend in backends:
        backend.start()
    try:
        more(backends)
        rotated = post(server, f"{path}/rotate", admin, {"graceSeconds": 600})
        assert rotated["formerSecretUntil"], "until then both work"
        for backend in backends:
            more(backends)
            backend.key = rotated["apiKey"]
        more(backends)
        # Nobody uses the old secret any more: rotating without grace would end the new one, a second grace need not.
        shown = server.ask("GET", path, headers={"X-API-Key": admin}).json
        assert shown["formerSecretUntil"] == rotated["formerSecretUntil"] and shown["status"] == "active"
    finally:
        for backend in backends:
            backend.stop()
    assert [failure for backend in backends for failure in backend.failures] == []
    assert server.issue(old, USER).status == 200, "within the grace"


class Gateway(threading.Thread):
    """Verifies offline with a key set that it fetches every half second and at no other time, as gateways do."""

    def __init__(self, server, issuer: str, backends):
        super().__init__()
        self.server, self.issuer, self.backends = server, issuer, backends
        self.failures, self.tokens, self.kids, self.is_stopped = [], [], set(), False
        self.fetch()

    def fetch(self):
        answer = self.server.ask("GET", "/t/acme/.well-known/jwks.json")
        self.keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json["keys"]}
        self.fetched = time.monotonic()

    def run(self):
        while not self.is_stopped:
            if time.monotonic() - self.fetched > 0.5:
                self.fetch()
            for backend in self.backends:
                for token in {backend.tokens[-1], backend.tokens[0]} if backend.tokens else ():
                    self.check(token)

    def check(self, token: str):
        kid = jose.decode(token)[0]["kid"]
        self.kids.add(kid)
        try:
            key = self.keys[kid]
            jwt.decode(token, key, [key.algorithm_name], audience="chat-realtime", issuer=self.issuer)
            self.tokens.append(token)
        except (KeyError, jwt.PyJWTError) as error:
            self.failures.append((kid, repr(error)))

    def stop(self):
        self.is_stopped = True
        self.join()


def test_signing_keys_are_rotated_under_load_while_a_gateway_follows_the_key_set(make_deployment):
    """Standby until every gateway has fetched the key set, activate, and the old key verifies on."""
    made = make_deployment()
    made.tenant("acme", "ES256")
    key, admin = made.key("acme"), made.key("acme", "--scope", "admin")
    with made.serve() as server:
        backends = [Backend(server, key) for _ in range(2)]
        for backend in backends:
            backend.start()
        more(backends, 1)
        gateway = Gateway(server, made.issuer("acme"), backends)
        gateway.start()
        kids = [jose.decode(backends[0].tokens[0])[0]["kid"]]
        try:
            for algorithm in ("EdDSA", "RS256", "ES256"):
                standby = post(server, "/admin/signing-keys", admin, {"algorithm": algorithm})
                assert standby["state"] == "standby"
                time.sleep(1.1)
                assert standby["kid"] in gateway.keys and standby["kid"] not in gateway.kids, "published before it signs"
                assert post(server, f"/admin/signing-keys/{standby['kid']}/activate", admin, {})["state"] == "active"
                kids.append(standby["kid"])
                eventually(lambda kid=standby["kid"]: kid in gateway.kids, timeout=30)
                more([*backends, gateway], 20)
            listed = server.ask("GET", "/admin/signing-keys", headers={"X-API-Key": admin}).json["signingKeys"]
        finally:
            gateway.stop()
            for backend in backends:
                backend.stop()
        assert gateway.failures == [] and [failure for backend in backends for failure in backend.failures] == []
        assert gateway.kids == set(kids)
        assert {found["kid"]: found["state"] for found in listed} == {
            kid: "active" if kid == kids[-1] else "retired" for kid in kids
        }
        # The first key has not signed for a while, and what it signed is good to the end.
        assert server.code(key, backends[0].tokens[0], "ws") == "valid"


def test_a_retired_key_leaves_the_key_set_by_itself(make_deployment):
    made = make_deployment()
    made.tenant("acme", "ES256")
    key, admin = made.key("acme"), made.key("acme", "--scope", "admin")
    with made.serve() as server:
        token = server.pair(key)["wsToken"]
        old = jose.decode(token)[0]["kid"]
        new = post(server, "/admin/signing-keys", admin, {"algorithm": "EdDSA"})["kid"]
        post(server, f"/admin/signing-keys/{new}/activate", admin, {})

        def published() -> set[str]:
            return {found["kid"] for found in server.ask("GET", "/t/acme/.well-known/jwks.json").json["keys"]}

        assert published() == {old, new} and server.code(key, token, "ws") == "valid"
    # A day and an hour later, as far as the key can tell.
    with contextlib.closing(sqlite3.connect(made.database)) as database:
        database.execute("UPDATE signing_key SET changed_at = changed_at - 90000000 WHERE kid = ?", (old,))
        database.commit()
    with made.serve() as server:
        assert published() == {new}
        listed = server.ask("GET", "/admin/signing-keys", headers={"X-API-Key": admin}).json["signingKeys"]
        assert {found["kid"] for found in listed} == {old, new}, "those who manage still see it"


def test_a_revoked_signing_key_is_refused_on_every_node_at_once(nodes, cluster):
    """The emergency: the key leaked, so that everything it signed is void, everywhere."""
    cluster.tenant("burning", "ES256")
    key, admin = cluster.key("burning"), cluster.key("burning", "--scope", "admin")
    issued = [node.pair(key) for node in nodes]
    kid = jose.decode(issued[0]["wsToken"])[0]["kid"]
    assert all(node.code(key, pair["wsToken"], "ws") == "valid" for node in nodes for pair in issued)
    revoked = post(nodes[0], f"/admin/signing-keys/{kid}/revoke", admin, {"replace": True})
    moment = time.monotonic()
    assert revoked["revoked"]["state"] == "revoked" and revoked["successor"]["state"] == "active"
    for node in nodes:
        eventually(lambda node=node: node.code(key, issued[0]["wsToken"], "ws") == "token_key_unknown", timeout=2)
    assert time.monotonic() - moment < 3
    for node in nodes:
        assert {node.code(key, pair["token"], "rest") for pair in issued} == {"token_key_unknown"}
        assert node.code(key, node.pair(key)["wsToken"], "ws") == "valid", "the successor signs"
        assert kid not in json.dumps(node.ask("GET", "/t/burning/.well-known/jwks.json").json)
