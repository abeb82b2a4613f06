"""Centrifugo, configured as Examples/gateways says: its connect and refresh proxies, and the real one where there is one."""

import contextlib
import json
import shutil
import time
import urllib.parse

import pytest

import jose
from centrifugo import Centrifugo
from deployment import eventually, free_port
from gateway import EXAMPLES, USER, Gateway, daemon
from websocket import WebSocket

CONFIGURATIONS = sorted(path.name for path in (EXAMPLES / "centrifugo").glob("*.json"))
API_KEY = "centrifugo-api-key-of-the-tests"
CONNECT = {"client": "9336a229", "transport": "websocket", "protocol": "json", "encoding": "json", "name": "js"}


def ask(server, key: str, what: str, query: str = "", **members: object) -> dict:
    """As Centrifugo asks: every answer about a client is 200."""
    answer = server.ask("POST", f"/centrifugo/{what}{query}", CONNECT | members, {"X-API-Key": key})
    assert answer.status == 200, answer
    return answer.json


def test_a_ws_token_lets_its_user_in_until_it_expires(server, key):
    pair = server.pair(key, {"userId": USER, "name": "Zoë", "channels": ["news"]})
    result = ask(server, key, "connect", data={"token": pair["wsToken"]})["result"]
    assert abs(result.pop("expire_at") - time.time() - 86_400) < 10
    assert result == {"user": USER, "info": {"name": "Zoë"}, "channels": ["news"], "meta": {"tenant": "acme"}}


def test_every_other_token_is_refused(server, deployment, key, other_key):
    gateway = Gateway("centrifugo", server.port, "acme", server, deployment, key)
    bad = gateway.bad_tokens(server.pair(other_key, USER)["wsToken"])
    answers = {what: ask(server, key, "connect", data={"token": token}) for what, token in bad.items()}
    assert answers.pop("expired") == {"disconnect": {"code": 4401, "reason": "token_expired"}}
    for what, answer in answers.items():
        assert answer["disconnect"]["code"] == 4501, what
        assert 0 < len(answer["disconnect"]["reason"]) <= 32
    assert answers["another tenant's"]["disconnect"]["reason"] == "token_issuer_unknown"


def test_a_suspended_tenants_connections_end_when_they_are_asked_about_again(server, deployment):
    deployment.tenant("gone")
    node = deployment.node_key()
    pair = server.pair(deployment.key("gone"), USER)
    result = ask(server, node, "connect", "?recheck=10", data={"token": pair["wsToken"]})["result"]
    assert 8 <= result["expire_at"] - time.time() <= 10
    stays = ask(server, node, "refresh", "?recheck=10", user=USER, meta=result["meta"])
    assert 8 <= stays["result"]["expire_at"] - time.time() <= 10
    deployment.run("tenant", "suspend", "gone")
    eventually(
        lambda: ask(server, node, "refresh", "?recheck=10", user=USER, meta=result["meta"])
        == {"result": {"expired": True}}
    )


def test_a_revoked_token_opens_nothing_and_keeps_nothing_open(server, deployment):
    key = deployment.key("acme", "--scope", "tokens:issue", "--scope", "tokens:verify", "--scope", "tokens:revoke")
    token = server.pair(key, USER)["wsToken"]
    meta = ask(server, key, "connect", "?recheck=60", data={"token": token})["result"]["meta"]
    assert server.ask("POST", "/tokens/revoke", {"token": token}, {"X-API-Key": key}).status == 200
    assert ask(server, key, "refresh", "?recheck=60", user=USER, meta=meta) == {"result": {"expired": True}}
    refused = ask(server, key, "connect", data={"token": token})
    assert refused == {"disconnect": {"code": 4501, "reason": "token_revoked"}}


@pytest.fixture
def centrifugo():
    with Centrifugo(API_KEY) as running:
        yield running


@pytest.fixture
def watched(centrifugo, make_deployment):
    """A deployment that tells Centrifugo of users who may no longer be connected."""
    made = make_deployment(CENTRIFUGO_API_URL=centrifugo.address, CENTRIFUGO_API_KEY=API_KEY)
    made.tenant("acme")
    return made


def deactivate(server, key: str, user: str) -> float:
    """Deactivates a user; how long that took."""
    begun = time.monotonic()
    path = "/users/" + urllib.parse.quote(user, safe="")
    answer = server.ask("DELETE", path, headers={"X-API-Key": key})
    assert answer.status == 200, answer
    return time.monotonic() - begun


def test_a_deactivated_users_connections_are_ended(watched, centrifugo):
    key = watched.key("acme", "--scope", "tokens:issue", "--scope", "users:write")
    with watched.serve() as server:
        for user in (USER, "bob"):
            server.pair(key, user)
        deactivate(server, key, USER)
        eventually(lambda: centrifugo.disconnects)
        assert [(call.user, call.code, call.reason) for call in centrifugo.disconnects] == [
            (USER, 4501, "token_revoked")
        ]
        eventually(lambda: 'chat_tokens_centrifugo_disconnects_total{outcome="done"} 1' in server.metrics())
        assert "chat_tokens_centrifugo_queue_depth 0" in server.metrics()


def test_a_revoked_users_connections_are_ended_for_good_and_those_of_one_token_come_back(watched, centrifugo):
    key = watched.key("acme", "--scope", "tokens:issue", "--scope", "tokens:revoke")
    with watched.serve() as server:
        pairs = {user: server.pair(key, user) for user in (USER, "bob", "carol")}
        for body in (
            {"userId": USER},
            {"token": pairs["bob"]["wsToken"]},
            {"userId": "carol", "issuedBefore": "2026-01-02T03:04:05.678Z"},
            {"grantId": pairs["carol"]["grantId"]},  # whose it was is not known
        ):
            answer = server.ask("POST", "/tokens/revoke", body, {"X-API-Key": key})
            assert answer.status == 200, answer
        eventually(lambda: len(centrifugo.disconnects) == 3)
        assert {(call.user, call.code) for call in centrifugo.disconnects} == {
            (USER, 4501),
            ("bob", 4402),
            ("carol", 4402),
        }


@pytest.mark.parametrize("mode", ["failing", "rejecting", "silent", "dropping"])
def test_centrifugo_in_trouble_holds_nobody_up_and_is_told_again(mode, watched, centrifugo):
    key = watched.key("acme", "--scope", "tokens:issue", "--scope", "users:write")
    users = [f"user-{number}" for number in range(100)]
    with watched.serve() as server:
        for user in users:
            server.pair(key, user)
        with centrifugo.trouble(mode):
            assert max(deactivate(server, key, user) for user in users) < 1
            eventually(lambda: centrifugo.attempts)
            assert not centrifugo.disconnects
        eventually(lambda: {call.user for call in centrifugo.disconnects} == set(users), timeout=20)
        eventually(lambda: "chat_tokens_centrifugo_queue_depth 0" in server.metrics(), timeout=10)
        assert API_KEY not in server.log.read_text()


def test_the_server_stops_in_time_though_centrifugo_is_away(watched, centrifugo):
    key = watched.key("acme", "--scope", "tokens:issue", "--scope", "users:write")
    with watched.serve() as server, centrifugo.trouble("silent"):
        server.pair(key, USER)
        deactivate(server, key, USER)
        eventually(lambda: centrifugo.attempts)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 10
        assert "connections were not ended at Centrifugo" in server.log.read_text()


def test_the_address_and_the_key_of_centrifugo_are_set_together(watched):
    assert watched.run("config")["centrifugoApiKey"]["value"] != API_KEY
    for name, value in (("CENTRIFUGO_API_URL", "ftp://x"), ("CENTRIFUGO_API_URL", ""), ("CENTRIFUGO_API_KEY", "a b")):
        done = watched.attempt("config", **{name: value})
        assert done.returncode != 0 and f"CHAT_TOKENS_{name}" in done.stdout + done.stderr
    del watched.settings["CENTRIFUGO_API_KEY"]
    done = watched.attempt("config")
    assert done.returncode != 0 and "together" in done.stdout + done.stderr


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_configurations_check_the_audience_and_the_issuer_and_let_nobody_in_without_a_token(name):
    configuration = json.loads((EXAMPLES / "centrifugo" / name).read_text())
    client = configuration["client"]
    assert not client.get("insecure") and not client.get("allow_anonymous_connect_without_token")
    assert "*" not in client["allowed_origins"]
    if name != "config-proxy.json":
        assert client["token"]["audience"] == "chat-realtime" and client["token"]["issuer"].endswith("/t/acme")


@pytest.mark.skipif(not shutil.which("centrifugo"), reason="no centrifugo on PATH")
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_real_one_lets_the_right_token_in_and_no_other(name, server, deployment, other_key, tmp_path):
    """Centrifugo itself with the example's file; its addresses are replaced."""
    tenant = {"config-jwks.json": "curves", "config-hs256.json": "acme", "config-proxy.json": "acme"}[name]
    with contextlib.suppress(AssertionError):
        deployment.tenant("curves", algorithm="ES256")
    key, port = deployment.key(tenant), free_port()
    text = (EXAMPLES / "centrifugo" / name).read_text()
    text = text.replace("http://127.0.0.1:8080/t/acme", deployment.issuer(tenant))
    text = text.replace("http://127.0.0.1:8080", server.url).replace("${CHAT_TOKENS_API_KEY}", key)
    (tmp_path / "config.json").write_text(text)
    environment = {"CENTRIFUGO_HTTP_SERVER_PORT": str(port), "CENTRIFUGO_HTTP_SERVER_ADDRESS": "127.0.0.1"}
    if name == "config-hs256.json":
        secret = jose.base64url_decode(deployment.secret("acme")["k"]).decode()
        environment["CENTRIFUGO_CLIENT_TOKEN_HMAC_SECRET_KEY"] = secret
    gateway = Gateway(name, port, tenant, server, deployment, key)

    def is_taken(token: str) -> bool:
        command = {"data": {"token": token}} if name == "config-proxy.json" else {"token": token}
        with WebSocket(port, "/connection/websocket") as socket:
            socket.send(json.dumps({"id": 1, "connect": command}))
            answer = socket.receive()
            return bool(answer) and "connect" in json.loads(answer.split("\n")[0])

    with daemon([shutil.which("centrifugo"), "--config", tmp_path / "config.json"], port, tmp_path, environment):
        assert is_taken(gateway.pair()["wsToken"])
        bad = gateway.bad_tokens(server.pair(other_key, USER)["wsToken"])
        taken = {what for what, token in bad.items() if is_taken(token)}
        # Centrifugo itself looks at neither.
        assert taken <= (set() if name == "config-proxy.json" else {"another type", "without exp", "without a user"})
