"""HTTP gateways, configured as Examples/gateways says, let the right token through and no other."""

import re
import time
import urllib.parse

import pytest

import evidence
from gateway import EXAMPLES, USER
from http_gateways import ASKING, UP_TO_DATE
from websocket import Refused, WebSocket
from wire import Wire


def test_the_ws_token_passes_and_brings_the_users_name(gateway):
    pair = gateway.pair()
    answer = gateway.ask(pair["wsToken"], X_Chat_User="forged", X_Chat_Tenant="forged", X_Chat_Grant="forged")
    assert answer.status == 200, answer
    fields = answer.json["fields"]
    assert fields["x-chat-tenant"] == gateway.tenant
    assert urllib.parse.unquote(fields["x-chat-user"]) == USER and fields["x-chat-user"].isascii()
    assert fields.get("x-chat-grant", pair["grantId"]) == pair["grantId"], "what a client claims is replaced"


def test_a_websocket_opens_and_speaks_with_the_token_in_the_query_as_browsers_need_it(gateway):
    path = f"/connection/websocket?{gateway.query}="
    with WebSocket(gateway.port, path + gateway.pair()["wsToken"]) as socket:
        for message in ("hello", "x" * 100):
            socket.send(message)
            assert socket.receive() == message
    with pytest.raises(Refused) as refusal:
        WebSocket(gateway.port, path + "nonsense")
    assert refusal.value.status == 401


def test_every_other_token_is_refused(gateway, server, other_key, upstream):
    bad = gateway.bad_tokens(server.pair(other_key, USER)["wsToken"])
    if gateway.name in ASKING:
        del bad["another tenant's"]  # it is right where every tenant may come in
    if gateway.name.startswith("haproxy"):
        del bad["without a user"]  # which ChatTokens never makes
    if gateway.name == "apache":
        del bad["another type"], bad["without exp"]  # likewise; a REST token differs in `aud` as well
    before = upstream.requests
    for what, token in (bad | {"nothing": None, "empty": ""}).items():
        assert gateway.ask(token).status == 401, what
    with pytest.raises(Refused) as refusal:
        WebSocket(gateway.port, f"/connection/websocket?{gateway.query}={bad['expired']}")
    assert refusal.value.status == 401
    assert upstream.requests == before, "the chat never hears of them"


def test_a_token_stops_passing_when_it_expires(gateways):
    end = int(time.time()) + 3
    tokens = {gateway: gateway.forge(exp=end) for gateway in gateways}
    for gateway, token in tokens.items():
        assert gateway.ask(token).status == 200, gateway.name
    # mod_auth_openidc lets the second of the expiry pass too.
    time.sleep(max(0, end + 1.05 - time.time()))
    for gateway, token in tokens.items():
        assert gateway.ask(token).status == 401, gateway.name


def test_a_revoked_token_is_refused_at_once_where_chat_tokens_is_asked(gateway):
    assert gateway.ask(gateway.revoked()).status == (401 if gateway.name in UP_TO_DATE else 200)


def test_a_suspended_tenants_tokens_are_refused_at_once_where_chat_tokens_is_asked(asking_gateway, server, deployment):
    tenant = f"gone-{asking_gateway.name}"
    deployment.tenant(tenant)
    token = server.pair(deployment.key(tenant), USER)["wsToken"]
    assert asking_gateway.ask(token).status == 200
    deployment.run("tenant", "suspend", tenant)
    time.sleep(1)
    assert asking_gateway.ask(token).status == 401


def test_there_is_no_other_way_in_than_the_doors(gateway, upstream):
    if gateway.name.startswith("haproxy"):
        return  # there, every path is the realtime socket's
    token, before = gateway.pair()["wsToken"], upstream.requests
    for path in ("/", "/_verify/ws", "/_verify/rest", "/verify?expect=ws", "/connection", "/connection/../_verify/ws"):
        assert gateway.ask(token, path).status in (301, 403, 404), path
    assert upstream.requests == before


def test_the_rest_token_opens_the_api_where_chat_tokens_is_asked(asking_gateway):
    pair = asking_gateway.pair()
    answer = asking_gateway.ask(pair["token"], "/api/messages")
    assert answer.status == 200 and answer.json["fields"]["x-chat-grant"] == pair["grantId"]
    assert "x-api-key" not in answer.json["fields"], "the gateway's own key goes to nobody else"
    assert asking_gateway.ask(pair["wsToken"], "/api/messages").status == 401
    assert asking_gateway.ask(None, "/api/messages", X_Chat_Token=pair["token"]).status == 200
    with Wire(asking_gateway.port) as wire:
        body = {"text": "x" * 10_000}
        answer = wire.ask("POST", "/api/messages", body, {"Authorization": f"Bearer {pair['token']}"})
    assert answer.status == 200 and answer.json["line"].startswith("POST /api/messages ")


def test_no_token_gets_into_a_gateways_logs(gateway):
    token = gateway.pair()["wsToken"]
    for target in (f"/connection/websocket?{gateway.query}={token}", f"/nothing?{gateway.query}={token}"):
        gateway.ask(None, target)
    time.sleep(0.2)
    for log in evidence.LOGS_OF_GATEWAYS:
        assert evidence.leaks(log) == [], log


@pytest.mark.parametrize(
    ("example", "readme"),
    [
        ("nginx/nginx.conf.template", "nginx/README.md"),
        ("haproxy/haproxy-hs256.cfg", "haproxy/README.md"),
        ("haproxy/haproxy-es256.cfg", "haproxy/README.md"),
        ("caddy/Caddyfile", "caddy/README.md"),
        ("apache/apache.conf", "apache/README.md"),
    ],
)
def test_the_readme_names_every_value_that_the_example_has_a_place_for(example, readme):
    places = set(re.findall(r"(?<!%)\{(?:\$|env\.)?([A-Z_]+)\}", (EXAMPLES / example).read_text()))
    told = (EXAMPLES / readme).read_text()
    assert places and all(place in told for place in places)
