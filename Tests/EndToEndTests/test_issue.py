"""POST /tokens: what a tenant's backend gets, and what is stored by then."""

import datetime
import json
import re
import time

import pytest

from jose import base64url_decode, decode
from wire import Wire, request

ALICE = {
    "userId": "user-123", "name": "Alice Johnson", "image": "https://cdn.example.com/alice.png",
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
    akid = key.removeprefix("chatsdk_")[:12]
    header, rest, _ = decode(pair["token"])
    kid = deployment.secret("acme")["kid"]
    assert header == {"alg": "HS256", "typ": "at+jwt", "kid": kid}
    assert set(rest) == {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "akid"}
    shared = {"iss": deployment.issuer("acme"), "sub": "user-123", "akid": akid}
    assert rest.items() >= (shared | {
        "aud": "chat-api", "client_id": "acme", "scope": "chat:rest", "jti": pair["grantId"] + ".rest"}).items()

    header, realtime, _ = decode(pair["wsToken"])
    assert header == {"alg": "HS256", "typ": "JWT", "kid": kid}
    assert set(realtime) == {"iss", "sub", "aud", "iat", "exp", "jti", "scope", "info", "meta", "akid"}
    assert realtime.items() >= (shared | {
        "aud": "chat-realtime", "scope": "chat:ws", "jti": pair["grantId"] + ".ws"}).items()
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
    assert [pair["grantId"] for pair in pairs] == sorted(pair["grantId"] for pair in pairs)
    assert len({pair["refreshAfter"] for pair in pairs}) > 1, "a crowd does not come back together"


def test_absent_keeps_null_clears_and_a_value_replaces(server, key):
    def user(**members):
        return server.pair(key, {"userId": "three-states"} | members)["user"]

    assert user() == {"id": "three-states", "name": None, "image": None, "custom": None}
    stored = {"name": "A", "image": "http://a.example/x", "custom": {"a": 1, "b": {"c": 2}}}
    assert user(**stored) == {"id": "three-states"} | stored
    assert user() == {"id": "three-states"} | stored
    assert user(name="B") == {"id": "three-states"} | stored | {"name": "B"}
    assert user(image=None)["image"] is None
    assert user() == {"id": "three-states", "name": "B", "image": None, "custom": stored["custom"]}
    assert user(custom={"b": 1})["custom"] == {"b": 1}, "custom is replaced whole"
    assert user(custom={})["custom"] == {}
    assert user(custom=None, name=None) == {"id": "three-states", "name": None, "image": None, "custom": None}


def test_an_empty_name_is_a_name(server, key):
    assert server.pair(key, {"userId": "empty-name", "name": ""})["user"]["name"] == ""
    assert server.pair(key, {"userId": "empty-name"})["user"]["name"] == ""


@pytest.mark.parametrize("number", [
    "1.00", "1e400", "0.1000000000000000055", "-0", "-0.0", "1E+2", "123456789012345678901234567890", "0.10",
    "1e-400", "9007199254740993",
])
def test_custom_keeps_every_digit(server, key, number):
    body = '{"userId":"digits","custom":{"n":%s,"list":[%s, {"deep" : %s}]}}' % (number, number, number)
    expected = '"custom":{"n":%s,"list":[%s,{"deep":%s}]}' % (number, number, number)
    assert expected in server.issue(key, body).body.decode()
    assert expected in server.issue(key, '{"userId":"digits"}').body.decode(), "stored as it came"


def test_custom_keeps_its_strings_and_the_order_of_its_members(server, key):
    custom = r'{"z":"\u00e9 é \/ \" \\ 😀 \ud83d\ude00","a":"","m":[null,true,false,[],{}]}'
    answer = server.issue(key, '{"userId":"verbatim","custom": %s }' % custom)
    assert f'"custom":{custom}' in answer.body.decode()
    assert answer.json["user"]["custom"] == json.loads(custom)


@pytest.mark.parametrize("user", [
    "u", "u" * 255, "é" * 127, "😀" * 63, "user 1", "a/b?c=d&e#f", "'; DROP TABLE user; --", '"\\', "<b>", "..",
    "\u202e", "\ufeffx", "e\u0301", "null", "0",
])
def test_any_user_id_without_control_characters_is_kept_exactly(server, key, user):
    pair = server.pair(key, {"userId": user})
    assert pair["user"]["id"] == user
    assert decode(pair["token"])[1]["sub"] == decode(pair["wsToken"])[1]["sub"] == user
    assert server.verify(key, pair["token"], "rest")["userId"] == user


def test_user_ids_that_only_look_alike_are_different_users(server, key):
    names = {"\u00e9": "composed", "e\u0301": "decomposed", "E\u0301": "upper", "a": "lower", "A": "capital", "a ": "space"}
    for user, name in names.items():
        server.pair(key, {"userId": user, "name": name})
    for user, name in names.items():
        assert server.pair(key, {"userId": user})["user"]["name"] == name


def test_the_bounds_of_name_image_and_custom_belong_to_them(server, key):
    image = "https://example.com/" + "x" * (2_048 - 20)
    custom = {"x": "y" * (5_120 - 8)}
    assert len(json.dumps(custom, separators=(",", ":"))) == 5_120
    pair = server.pair(key, {"userId": "bounds", "name": "é" * 255, "image": image, "custom": custom})
    assert pair["user"] == {"id": "bounds", "name": "é" * 255, "image": image, "custom": custom}
    deep = json.loads('{"a":' * 16 + "1" + "}" * 16)
    assert server.pair(key, {"userId": "bounds", "custom": deep})["user"]["custom"] == deep


def test_white_space_in_custom_does_not_count_and_is_not_kept(server, key):
    answer = server.issue(key, '{"userId":"spaces","custom":{ "a" :%s1 }}' % (" " * 8_000))
    assert answer.status == 200 and b'"custom":{"a":1}' in answer.body


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


@pytest.mark.parametrize("seconds", ["59", "0", "-1", "86401", "1e5", "60.5", "60.000001", '"3600"', "null", "true",
                                     "99999999999999999999", "[]", "{}"])
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


def test_refresh_is_refused_clearly_as_long_as_there_is_none(server, key):
    answer = server.issue(key, {"userId": "refresh", "refresh": True})
    assert answer.status == 422 and answer.code == "refresh_unavailable"
    assert server.issue(key, {"userId": "refresh", "refresh": False}).status == 200


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


def test_a_refused_update_leaves_what_is_stored(server, key):
    server.pair(key, {"userId": "kept", "name": "first"})
    channels = ["c" * 200] * 64
    assert server.issue(key, {"userId": "kept", "name": "second", "channels": channels}).status == 422
    assert server.issue(key, {"userId": "kept", "name": "second", "expiresIn": 1}).status == 400
    assert server.pair(key, "kept")["user"]["name"] == "first"


def test_a_thousand_upserts_of_one_user_at_once_make_one_user(server, deployment, key):
    wires = [Wire(server.port, timeout=30) for _ in range(1_000)]
    try:
        for index, wire in enumerate(wires):
            body = {"userId": "crowd", "name": f"n{index}", "custom": {"i": index}}
            wire.send(request("POST", "/tokens", body, {"X-API-Key": key}))
        answers = [wire.read() for wire in wires]
    finally:
        for wire in wires:
            wire.close()
    assert {answer.status for answer in answers} == {200}
    for index, answer in enumerate(answers):
        assert answer.json["user"]["name"] == f"n{index}", "each answer shows its own values"
        assert answer.json["user"]["custom"] == {"i": index}
    assert len({answer.json["grantId"] for answer in answers}) == 1_000
    last = server.pair(key, "crowd")["user"]
    assert last["name"] == f"n{last['custom']['i']}", "no half of one request and half of another"
    assert deployment.rows("SELECT count(*) FROM user WHERE user_id = 'crowd'") == [(1,)]


def test_users_of_two_tenants_with_one_id_are_two_users(server, key, other_key):
    server.pair(key, {"userId": "shared", "name": "of acme"})
    server.pair(other_key, {"userId": "shared", "name": "of globex"})
    assert server.pair(key, "shared")["user"]["name"] == "of acme"
    assert server.pair(other_key, "shared")["user"]["name"] == "of globex"
