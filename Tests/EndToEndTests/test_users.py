"""The user behind POST /tokens: what is kept, cleared and replaced, to the last digit."""

import json

import pytest

from jose import decode
from wire import Wire, request


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


@pytest.mark.parametrize(
    "number",
    [
        "1.00",
        "1e400",
        "0.1000000000000000055",
        "-0",
        "-0.0",
        "1E+2",
        "123456789012345678901234567890",
        "0.10",
        "1e-400",
        "9007199254740993",
    ],
)
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


@pytest.mark.parametrize(
    "user",
    [
        "u",
        "u" * 255,
        "é" * 127,
        "😀" * 63,
        "user 1",
        "a/b?c=d&e#f",
        "'; DROP TABLE user; --",
        '"\\',
        "<b>",
        "..",
        "\u202e",
        "\ufeffx",
        "e\u0301",
        "null",
        "0",
    ],
)
def test_any_user_id_without_control_characters_is_kept_exactly(server, key, user):
    pair = server.pair(key, {"userId": user})
    assert pair["user"]["id"] == user
    assert decode(pair["token"])[1]["sub"] == decode(pair["wsToken"])[1]["sub"] == user
    assert server.verify(key, pair["token"], "rest")["userId"] == user


def test_user_ids_that_only_look_alike_are_different_users(server, key):
    names = {
        "\u00e9": "composed",
        "e\u0301": "decomposed",
        "E\u0301": "upper",
        "a": "lower",
        "A": "capital",
        "a ": "space",
    }
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
