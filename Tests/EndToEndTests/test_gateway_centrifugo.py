"""Centrifugo, configured as Examples/gateways says: its connect and refresh proxies, and the real one where there is one."""

import contextlib
import json
import shutil
import time

import pytest

import jose
from deployment import eventually, free_port
from gateway import EXAMPLES, USER, Gateway, daemon
from websocket import WebSocket

CONFIGURATIONS = sorted(path.name for path in (EXAMPLES / "centrifugo").glob("*.json"))
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
