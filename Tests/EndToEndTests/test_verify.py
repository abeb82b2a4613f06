"""Verification: what a gateway or a chat node learns about a token."""

import datetime

import pytest

import jose
from deployment import eventually


def test_a_valid_token_is_told_in_full(server, key, pair):
    for kind, token in (("ws", pair["wsToken"]), ("rest", pair["token"])):
        verdict = server.verify(key, token, kind)
        assert list(verdict) == [
            "valid",
            "kind",
            "tenant",
            "userId",
            "grantId",
            "issuedAt",
            "expiresAt",
            "expiresIn",
            "claims",
        ]
        claims = jose.decode(token)[1]
        assert verdict["valid"] is True and verdict["kind"] == kind
        assert verdict["tenant"] == "acme" and verdict["userId"] == "user-123"
        assert verdict["grantId"] == pair["grantId"]
        assert verdict["expiresAt"] == pair["expiresAt"] and 86_000 < verdict["expiresIn"] <= 86_400
        assert datetime.datetime.fromisoformat(verdict["issuedAt"]).timestamp() == claims["iat"]
        assert verdict["claims"] == claims


def test_claims_are_shown_as_they_were_signed(server, key, forge, pair):
    token = forge(pair["token"], custom={"n": 1.5})
    raw = jose.decode(token)[2]
    answer = server.ask("POST", "/verify", {"token": token, "expect": "rest"}, {"X-API-Key": key})
    assert b'"claims":' + raw in answer.body


def test_a_token_opens_its_own_door_only(server, key, pair):
    assert server.code(key, pair["token"], "rest") == "valid"
    assert server.code(key, pair["wsToken"], "ws") == "valid"
    assert server.code(key, pair["token"], "ws") == "token_wrong_kind"
    assert server.code(key, pair["wsToken"], "rest") == "token_wrong_kind"


def test_neither_type_nor_audience_alone_makes_the_other_token(server, key, forge, pair):
    rest, realtime = pair["token"], pair["wsToken"]
    refused = [
        (forge(rest, {"typ": "JWT"}), "ws"),
        (forge(rest, {"typ": "JWT"}), "rest"),
        (forge(rest, aud="chat-realtime"), "ws"),
        (forge(rest, aud="chat-realtime"), "rest"),
        (forge(realtime, {"typ": "at+jwt"}), "rest"),
        (forge(realtime, {"typ": "at+jwt"}), "ws"),
        (forge(realtime, aud="chat-api"), "rest"),
        (forge(realtime, aud="chat-api"), "ws"),
    ]
    for token, door in refused:
        assert server.code(key, token, door) in ("token_wrong_audience", "token_wrong_kind", "token_malformed")


@pytest.mark.parametrize(
    "claims, code",
    [
        ({"exp": 1}, "token_expired"),
        ({"aud": "somebody-else"}, "token_wrong_audience"),
        ({"aud": ["chat-realtime"]}, None),
        ({"aud": None}, None),
        ({"exp": None}, "token_malformed"),
        ({"exp": "9999999999"}, "token_malformed"),
        ({"exp": 99999999999.5}, "token_malformed"),
        ({"exp": -1}, None),
        ({"exp": 10**30}, "token_malformed"),
        ({"iat": None}, "token_malformed"),
        ({"sub": None}, "token_malformed"),
        ({"sub": 7}, "token_malformed"),
        ({"sub": ""}, "token_malformed"),
        ({"jti": None}, "token_malformed"),
        ({"jti": "1.ws"}, "token_malformed"),
        ({"iss": None}, "token_malformed"),
        ({"iss": "https://elsewhere.example/t/acme"}, "token_issuer_unknown"),
    ],
)
def test_a_wrong_claim_is_refused_for_what_it_is(server, key, node_key, forge, pair, claims, code):
    token = forge(pair["wsToken"], **claims)
    for asker in (key, node_key):
        got = server.code(asker, token, "ws")
        assert got != "valid" and (code is None or got == code)


def test_a_token_ends_with_its_last_second(server, key, forge, pair):
    import time

    assert server.code(key, forge(pair["wsToken"], exp=int(time.time()) - 1), "ws") == "token_expired"
    assert server.code(key, forge(pair["wsToken"], exp=int(time.time()) + 5), "ws") == "valid"
    short = forge(pair["wsToken"], exp=int(time.time()) + 1)
    eventually(lambda: server.code(key, short, "ws") == "token_expired", timeout=4, pause=0.1)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "eyJhbGciOiJIUzI1NiJ9..",
        " ",
        "é",
        "null",
        "x" * 7_169,
        "a" * 10_000,
        "eyJhbGciOiJIUzI1NiJ9.e30.AA==",
    ],
    ids=lambda token: token[:20] or "nothing",
)
def test_what_is_no_token_is_malformed(server, key, node_key, token):
    for asker in (key, node_key):
        assert server.code(asker, token, "ws") == "token_malformed"


def test_any_change_of_a_token_is_noticed(server, key, pair):
    token = pair["wsToken"]
    seen = set()
    for index in range(0, len(token), 7):
        changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        seen.add(server.code(key, changed, "ws"))
    assert "valid" not in seen and "token_signature_invalid" in seen
    for spelled in (
        token + "=",
        token + "A",
        token[:-1],
        token + ".",
        "." + token,
        token + " ",
        " " + token,
        token + "\n",
    ):
        assert server.code(key, spelled, "ws") != "valid"
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = [token[:-1] + character for character in last if character != token[-1]]
    assert not any(server.code(key, twin, "ws") == "valid" for twin in twins), "unused bits of base64url count"


def test_a_retired_key_verifies_and_a_revoked_one_does_not(server, deployment):
    deployment.tenant("turning", algorithm="ES256")
    key = deployment.key("turning")
    before = server.pair(key)["wsToken"]
    kid = jose.decode(before)[0]["kid"]
    deployment.run("signing-key", "rotate", "--tenant", "turning", "--activate-now")
    eventually(lambda: jose.decode(server.pair(key)["wsToken"])[0]["kid"] != kid)
    assert server.code(key, before, "ws") == "valid"
    after = server.pair(key)["wsToken"]
    deployment.run("signing-key", "revoke", "--tenant", "turning", "--", kid)
    eventually(lambda: server.code(key, before, "ws") == "token_key_unknown", timeout=2)
    assert server.code(key, after, "ws") == "valid"
    kids = [jwk["kid"] for jwk in server.ask("GET", "/t/turning/.well-known/jwks.json").json["keys"]]
    assert kid not in kids and jose.decode(after)[0]["kid"] in kids


def test_a_suspended_tenant_gets_nothing_and_its_tokens_are_refused(server, deployment, node_key):
    deployment.tenant("paused")
    key = deployment.key("paused")
    pair = server.pair(key)
    assert server.code(node_key, pair["wsToken"], "ws") == "valid"
    deployment.run("tenant", "suspend", "paused")
    eventually(lambda: server.code(node_key, pair["wsToken"], "ws") == "tenant_suspended", timeout=2)
    refused = server.issue(key, {"userId": "u"})
    assert refused.status == 403 and refused.code == "tenant_suspended"
    assert server.forward(node_key, X_Chat_Token=pair["wsToken"]).status == 401
    assert server.forward(key, X_Chat_Token=pair["wsToken"]).status == 403
    deployment.run("tenant", "resume", "paused")
    eventually(lambda: server.code(node_key, pair["wsToken"], "ws") == "valid", timeout=2)
    assert server.code(key, pair["wsToken"], "ws") == "valid"


def test_another_tenants_token_is_as_good_as_unknown(server, key, other_key, node_key):
    theirs = server.pair(other_key)
    for token, kind in ((theirs["token"], "rest"), (theirs["wsToken"], "ws")):
        assert server.code(key, token, kind) == "token_issuer_unknown"
        assert server.code(other_key, token, kind) == "valid"
        assert server.code(node_key, token, kind) == "valid"


def test_a_node_key_verifies_the_tokens_of_every_tenant(server, node_key, key, other_key):
    for owner, tenant in ((key, "acme"), (other_key, "globex")):
        assert server.verify(node_key, server.pair(owner)["wsToken"], "ws")["tenant"] == tenant


def test_the_stored_user_comes_with_the_verdict_if_asked_for(server, key, node_key):
    body = '{"userId":"included","name":"A","custom":{"n":1.00}}'
    token = server.issue(key, body).json["wsToken"]
    expected = {"id": "included", "name": "A", "image": None, "custom": {"n": 1}}
    for asker in (key, node_key):
        assert server.verify(asker, token, "ws", include=["user"])["user"] == expected
        assert "user" not in server.verify(asker, token, "ws")
        assert "user" not in server.verify(asker, token, "ws", include=[])
        assert "user" not in server.verify(asker, token, "rest", include=["user"]), "only with a valid token"
    server.pair(key, {"userId": "included", "name": "B"})
    assert server.verify(key, token, "ws", include=["user"])["user"]["name"] == "B", "as stored now"


def test_a_token_for_a_user_that_is_not_stored_comes_with_null(server, key, forge, pair):
    token = forge(pair["wsToken"], sub="never-stored")
    assert server.verify(key, token, "ws", include=["user"])["user"] is None


@pytest.mark.parametrize(
    "body, fields",
    [
        ({}, {"token", "expect"}),
        ({"token": "x"}, {"expect"}),
        ({"expect": "ws"}, {"token"}),
        ({"token": 1, "expect": "ws"}, {"token"}),
        ({"token": "x", "expect": "both"}, {"expect"}),
        ({"token": "x", "expect": None}, {"expect"}),
        ({"token": "x", "expect": "ws", "kind": "ws"}, {"kind"}),
        ({"token": "x", "expect": "ws", "include": "user"}, {"include"}),
        ({"token": "x", "expect": "ws", "include": ["secret"]}, {"include"}),
        ({"token": "x", "expect": "ws", "include": None}, {"include"}),
    ],
)
def test_a_question_that_is_not_acceptable_is_refused_by_name(server, key, body, fields):
    answer = server.ask("POST", "/verify", body, {"X-API-Key": key})
    assert answer.status == 400 and answer.code == "invalid_request"
    assert {error["field"].split("[")[0] for error in answer.json["errors"]} == fields


def test_verification_does_not_count_against_the_issuing_limit(server, deployment):
    deployment.tenant("tight", rate=1, burst=2)
    key = deployment.key("tight")
    token = server.pair(key)["wsToken"]
    for _ in range(20):
        answer = server.ask("POST", "/verify", {"token": token, "expect": "ws"}, {"X-API-Key": key})
        assert answer.status == 200 and not answer.values("RateLimit")
    server.pair(key)
