"""POST /tokens: what a tenant's backend gets, and what is stored by then."""

import datetime
import re
import time

import pytest

from deployment import id_of
from jose import base64url_decode, decode

ALICE = {
    "userId": "user-123",
    "name": "Alice Johnson",
    "image": "https://cdn.example.com/alice.png",
    "custom": {"department": "Engineering", "level": 7},
}
GRANT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_pair_has_exactly_the_promised_members(server, key):
    before = time.time()
    answer = server.issue(key, ALICE)
    assert answer.status == 200
    pair = answer.json
    assert list(pair) == ["token", "wsToken", "user", "expiresIn", "expiresAt", "refreshAfter", "grantId"]
    assert pair["user"] == {"id": ALICE["userId"]} | {name: ALICE[name] for name in ("name", "image", "custom")}
    assert pair["expiresIn"] == 86_400
    expires = datetime.datetime.fromisoformat(pair["expiresAt"]).timestamp()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", pair["expiresAt"])
    assert before - 1 <= expires - 86_400 <= time.time() + 1
    assert 64_800 <= pair["refreshAfter"] <= 72_000
    assert GRANT.fullmatch(pair["grantId"])
    born = int(pair["grantId"].replace("-", "")[:12], 16) / 1_000
    assert before - 0.1 <= born <= time.time() + 0.1, "the grant id carries the millisecond of its birth"


def test_a_pair_comes_with_exactly_the_promised_header_fields(server, key):
    answer = server.issue(key, ALICE, **{"X-Request-ID": "trace-1.a_B"})
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Request-ID"] == "trace-1.a_B"
    assert re.fullmatch(r'"tenant";q=1000000;w=1', answer["RateLimit-Policy"])
    assert re.fullmatch(r'"tenant";r=\d+;t=\d+', answer["RateLimit"])
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", answer["Date"])
    assert int(answer["Content-Length"]) == len(answer.body)


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", "a;b", "<script>"])
def test_a_request_id_that_is_not_well_formed_is_replaced(server, key, given):
    made = server.issue(key, ALICE, **{"X-Request-ID": given})["X-Request-ID"]
    assert made != given and re.fullmatch(r"[A-Za-z0-9._-]{1,128}", made)


def test_both_tokens_carry_exactly_the_promised_header_and_claims(server, deployment, key):
    pair = server.pair(key, ALICE)
    akid = id_of(key)
    header, rest, _ = decode(pair["token"])
    kid = deployment.secret("acme")["kid"]
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": kid}
    assert set(rest) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "akid"}
    shared = {"iss": deployment.issuer("acme"), "sub": "user-123", "akid": akid}
    assert (
        rest.items()
        >= (
            shared | {"aud": "chat-api", "client_id": "acme", "scope": "chat:rest", "jti": pair["grantId"] + ".rest"}
        ).items()
    )

    header, realtime, _ = decode(pair["wsToken"])
    assert header == {"alg": "HS256", "typ": "JWT", "kid": kid}
    assert set(realtime) == {"iss", "sub", "aud", "iat", "exp", "jti", "scope", "info", "meta", "akid"}
    assert (
        realtime.items()
        >= (shared | {"aud": "chat-realtime", "scope": "chat:ws", "jti": pair["grantId"] + ".ws"}).items()
    )
    assert realtime["info"] == {"name": ALICE["name"], "image": ALICE["image"]}
    assert realtime["meta"] == {"tenant": "acme"}
    for claims in (rest, realtime):
        assert type(claims["iat"]) is int and type(claims["exp"]) is int
        assert claims["exp"] - claims["iat"] == 86_400
        assert isinstance(claims["aud"], str)
    assert rest["exp"] == datetime.datetime.fromisoformat(pair["expiresAt"]).timestamp()


def test_tokens_have_no_escaped_slashes_and_no_padding(server, key):
    pair = server.pair(key, ALICE)
    for token in (pair["token"], pair["wsToken"]):
        assert "=" not in token
        for part in token.split(".")[:2]:
            assert b"\\/" not in base64url_decode(part)


def test_every_pair_is_a_grant_of_its_own(server, key):
    pairs = [server.pair(key, "twice") for _ in range(20)]
    assert len({pair["grantId"] for pair in pairs}) == 20
    milliseconds = [int(pair["grantId"].replace("-", "")[:12], 16) for pair in pairs]
    assert milliseconds == sorted(milliseconds), "a UUIDv7 begins with the time, RFC 9562 section 5.7"
    assert len({pair["refreshAfter"] for pair in pairs}) > 1, "a crowd does not come back together"


@pytest.mark.parametrize("seconds", [60, 61, 3_600, 86_399, 86_400])
def test_tokens_live_as_long_as_was_asked(server, key, seconds):
    pair = server.pair(key, {"userId": "life", "expiresIn": seconds})
    assert pair["expiresIn"] == seconds
    for token in (pair["token"], pair["wsToken"]):
        claims = decode(token)[1]
        assert claims["exp"] - claims["iat"] == seconds
    assert 0 < pair["refreshAfter"] < seconds


@pytest.mark.parametrize("spelled", ["3600.0", "36e2", "3.6E+3", "3600.000"])
def test_a_whole_number_may_be_spelled_in_any_way(server, key, spelled):
    """JSON Schema's integer is any number without a fraction."""
    answer = server.issue(key, '{"userId":"life","expiresIn":%s}' % spelled)
    assert answer.status == 200 and answer.json["expiresIn"] == 3_600


@pytest.mark.parametrize(
    "seconds",
    [
        "59",
        "0",
        "-1",
        "86401",
        "1e5",
        "60.5",
        "60.000001",
        '"3600"',
        "null",
        "true",
        "99999999999999999999",
        "[]",
        "{}",
    ],
)
def test_a_life_out_of_bounds_is_refused(server, key, seconds):
    answer = server.issue(key, '{"userId":"life","expiresIn":%s}' % seconds)
    assert answer.status == 400 and answer.code == "invalid_request"
    assert [error["field"] for error in answer.json["errors"]] == ["expiresIn"]


def test_the_life_of_a_tenants_tokens_bounds_its_requests(server, deployment):
    deployment.tenant("brief", token_life="10m")
    key = deployment.key("brief")
    assert server.pair(key, "a")["expiresIn"] == 600
    assert server.pair(key, {"userId": "a", "expiresIn": 600})["expiresIn"] == 600
    answer = server.issue(key, {"userId": "a", "expiresIn": 601})
    assert answer.status == 400 and answer.json["errors"][0]["field"] == "expiresIn"


def test_channels_go_into_the_ws_token_only(server, key):
    channels = ["room:42", "news", "é😀", "x" * 255]
    pair = server.pair(key, {"userId": "channels", "channels": channels})
    assert decode(pair["wsToken"])[1]["channels"] == channels
    assert "channels" not in decode(pair["token"])[1]
    assert decode(server.pair(key, {"userId": "channels", "channels": []})["wsToken"])[1].get("channels", []) == []
    most = [f"c{index}" for index in range(64)]
    assert decode(server.pair(key, {"userId": "channels", "channels": most})["wsToken"])[1]["channels"] == most


def test_chosen_members_of_custom_go_into_both_tokens(server, deployment):
    deployment.tenant("claims", token_claims="role,organizationId")
    key = deployment.key("claims")
    custom = '{"role":"admin","organizationId":1.00,"salary":1}'
    answer = server.issue(key, '{"userId":"a","custom":%s}' % custom)
    for token in (answer.json["token"], answer.json["wsToken"]):
        header, claims, raw = decode(token)
        assert claims["custom"] == {"role": "admin", "organizationId": 1.0}
        assert b'"organizationId":1.00' in raw, "no digit is lost on the way into a token"
    again = server.pair(key, "a")
    assert decode(again["token"])[1]["custom"]["role"] == "admin", "the stored metadata counts"
    none = server.pair(key, {"userId": "a", "custom": {"salary": 2}})
    assert decode(none["token"])[1].get("custom", {}) == {}


def test_custom_stays_out_of_tokens_unless_chosen(server, key):
    pair = server.pair(key, {"userId": "private", "custom": {"role": "admin"}})
    assert "custom" not in decode(pair["token"])[1] and "custom" not in decode(pair["wsToken"])[1]


def test_a_tenant_with_an_xmpp_host_gets_a_jid_in_the_ws_token_only(server, deployment):
    deployment.tenant("xmpp", xmpp_host="chat.example.com")
    key = deployment.key("xmpp")
    pair = server.pair(key, "alice")
    assert decode(pair["wsToken"])[1]["jid"] == "alice@chat.example.com"
    assert "jid" not in decode(pair["token"])[1]


def test_a_pair_with_a_token_over_seven_kibibytes_is_refused_and_stores_nothing(server, deployment, key):
    channels = [f"{index:02}" + "c" * 120 for index in range(64)]
    answer = server.issue(key, {"userId": "too-large", "name": "never stored", "channels": channels})
    assert answer.status == 422 and answer.code == "token_too_large"
    assert deployment.stored("acme", "too-large") is None
    assert server.pair(key, {"userId": "too-large", "channels": channels[:40]})["user"]["name"] is None
