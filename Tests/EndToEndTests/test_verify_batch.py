"""POST /verify/batch: the same verdicts, in the order of the questions."""

import pytest


def test_a_batch_is_answered_in_its_order(server, key, other_key, pair):
    theirs = server.pair(other_key)["wsToken"]
    questions = [
        (pair["wsToken"], "ws"),
        (pair["token"], "ws"),
        ("x", "ws"),
        (theirs, "ws"),
        (pair["token"], "rest"),
    ] * 51
    body = {"tokens": [{"token": token, "expect": door} for token, door in questions]}
    answer = server.ask("POST", "/verify/batch", body, {"X-API-Key": key})
    assert answer.status == 200 and list(answer.json) == ["results"]
    codes = [verdict.get("code", "valid") for verdict in answer.json["results"]]
    assert codes == ["valid", "token_wrong_kind", "token_malformed", "token_issuer_unknown", "valid"] * 51


def test_a_batch_says_the_same_as_single_questions(server, key, pair):
    body = {"tokens": [{"token": pair["wsToken"], "expect": "ws"}], "include": ["user"]}
    (result,) = server.ask("POST", "/verify/batch", body, {"X-API-Key": key}).json["results"]
    single = server.verify(key, pair["wsToken"], "ws", include=["user"])
    assert result | {"expiresIn": 0} == single | {"expiresIn": 0}


@pytest.mark.parametrize(
    "body, field",
    [
        ({"tokens": []}, "tokens"),
        ({}, "tokens"),
        ({"tokens": [{"token": "x", "expect": "ws"}] * 257}, "tokens"),
        ({"tokens": "x"}, "tokens"),
        ({"tokens": [{"token": "x", "expect": "ws"}, {"token": "x"}]}, "tokens[1].expect"),
        ({"tokens": ["x"]}, "tokens[0]"),
        ({"tokens": [None]}, "tokens[0]"),
        ({"tokens": [{"token": "x", "expect": "ws", "include": ["user"]}]}, "tokens[0].include"),
        ({"tokens": [{"token": "x", "expect": "ws"}], "x": 1}, "x"),
    ],
)
def test_one_bad_question_refuses_the_whole_batch(server, key, body, field):
    answer = server.ask("POST", "/verify/batch", body, {"X-API-Key": key})
    assert answer.status == 400 and answer.code == "invalid_request"
    assert field in [error["field"] for error in answer.json["errors"]]


@pytest.mark.parametrize(
    "body", [b"", b"[", b'{"tokens":[],"tokens":[]}', b'{"tokens":[{"token":"a","token":"b"}]}', b"\xff"]
)
def test_a_batch_that_is_not_json_is_refused(server, key, body):
    answer = server.ask("POST", "/verify/batch", body, {"X-API-Key": key})
    assert answer.status == 400 and answer.code == "invalid_json"


def test_256_tokens_of_full_size_fit_a_batch(server, key):
    channels = [f"{index:02}" + "c" * 110 for index in range(40)]
    token = server.pair(key, {"userId": "large", "channels": channels})["wsToken"]
    body = {"tokens": [{"token": token, "expect": "ws"}] * 256}
    results = server.ask("POST", "/verify/batch", body, {"X-API-Key": key}).json["results"]
    assert len(results) == 256 and all(result["valid"] for result in results)
