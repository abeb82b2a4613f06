"""GET /verify: what a gateway that asks before it lets a request pass is told."""

import urllib.parse

import pytest

UNICODE = "zoë/😀 %41&=+?#ä"


@pytest.mark.parametrize(
    "place",
    ["Authorization", "authorization in lower case", "X-Chat-Token", "token", "access_token", "percent-encoded"],
)
def test_a_proxy_may_pass_the_token_in_any_promised_place(server, key, pair, place):
    token = pair["wsToken"]
    fields = {
        "Authorization": {"Authorization": f"Bearer {token}"},
        "authorization in lower case": {"authorization": f"bearer {token}"},
        "X-Chat-Token": {"X-Chat-Token": token},
        "token": {"X-Original-URI": f"/connection/websocket?a=b&token={token}&c=d"},
        "access_token": {"X-Original-URI": f"/?access_token={token}"},
        "percent-encoded": {"X-Original-URI": "/?token=" + token.replace(".", "%2E")},
    }[place]
    answer = server.ask("GET", "/verify?expect=ws", headers={"X-API-Key": key} | fields)
    assert answer.status == 204 and answer.body == b""
    assert not answer.values("Content-Length") and not answer.values("Content-Type")
    assert answer["X-Chat-Tenant"] == "acme" and answer["X-Chat-User"] == "user-123"
    assert answer["X-Chat-Grant"] == pair["grantId"] and answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("user", [UNICODE, "a b", "a\u00a0b", "%00", "\u202e", "x" * 255, "é" * 127, "~._-"])
def test_the_user_id_is_percent_encoded_for_the_header(server, key, user):
    token = server.pair(key, {"userId": user})["wsToken"]
    value = server.forward(key, X_Chat_Token=token)["X-Chat-User"]
    assert value == urllib.parse.quote(user, safe="")


def test_a_bad_token_is_401_with_a_challenge(server, key, pair, forge):
    for token, code in (
        (pair["token"], "token_wrong_kind"),
        ("x", "token_malformed"),
        (forge(pair["wsToken"], exp=1), "token_expired"),
    ):
        answer = server.forward(key, Authorization=f"Bearer {token}")
        assert answer.status == 401 and answer.code == code
        assert answer["WWW-Authenticate"].startswith("Bearer ")
        assert 'error="invalid_token"' in answer["WWW-Authenticate"] and code in answer["WWW-Authenticate"]


def test_no_token_is_401_without_an_error(server, key):
    """RFC 6750 §3.1: a request that lacks any authentication information should get no error code."""
    for fields in ({}, {"X_Original_URI": "/"}, {"X_Original_URI": "/?tokens=x"}, {"Authorization": "Basic eA=="}):
        answer = server.forward(key, **fields)
        assert answer.status == 401 and "error" not in answer["WWW-Authenticate"]
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_gateway_that_is_set_up_wrongly_is_403(server, deployment, key, pair):
    token = pair["wsToken"]
    issuer_only = deployment.key("acme", "--scope", "tokens:issue")
    for asker, expect, code in (
        (None, "ws", "api_key_missing"),
        ("nonsense", "ws", "api_key_invalid"),
        (key, None, "invalid_request"),
        (key, "both", "invalid_request"),
        (key, "", "invalid_request"),
        (issuer_only, "ws", "scope_missing"),
    ):
        answer = server.forward(asker, expect, X_Chat_Token=token)
        assert answer.status == 403 and answer.code == code
        assert answer.json["status"] == 403


def test_a_gateway_is_not_fooled_by_two_tokens(server, key):
    """The first place that has one counts, so that a proxy and the server look at the same one."""
    good = server.pair(key)["wsToken"]
    fields = {
        "X-API-Key": key,
        "Authorization": "Bearer nonsense",
        "X-Chat-Token": good,
        "X-Original-URI": f"/?token={good}",
    }
    assert server.ask("GET", "/verify?expect=ws", headers=fields).status == 401
    fields = {"X-API-Key": key, "X-Chat-Token": "nonsense", "X-Original-URI": f"/?token={good}"}
    assert server.ask("GET", "/verify?expect=ws", headers=fields).status == 401
    fields = {"X-API-Key": key, "X-Original-URI": f"/?token=nonsense&token={good}"}
    assert server.ask("GET", "/verify?expect=ws", headers=fields).status == 401
