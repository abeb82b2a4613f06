"""POST /tokens, malformed: the right problem document, nothing stored, and the connection is still good."""

import json
import re

import pytest

from wire import Answer, Wire, request

PROBLEM = {"type", "title", "status", "detail", "code", "requestId"}

NOT_JSON = {
    "nothing": b"",
    "white space": b"  \r\n\t ",
    "a truncated object": b'{"userId":"u"',
    "a truncated string": b'{"userId":"u',
    "two documents": b'{"userId":"u"}{"userId":"u"}',
    "bytes behind the end": b'{"userId":"u"} x',
    "a byte order mark": b'\xef\xbb\xbf{"userId":"u"}',
    "UTF-16": '{"userId":"u"}'.encode("utf-16-le"),
    "a trailing comma": b'{"userId":"u",}',
    "a leading comma": b'{,"userId":"u"}',
    "a comment": b'{"userId":"u"/* */}',
    "single quotes": b"{'userId':'u'}",
    "a name without quotes": b'{userId:"u"}',
    "no colon": b'{"userId" "u"}',
    "a member named twice": b'{"userId":"u","userId":"v"}',
    "a member named twice, once with an escape": b'{"userId":"u","user\\u0049d":"v"}',
    "a member of custom named twice": b'{"userId":"u","custom":{"a":1,"a":1}}',
    "a deep member named twice": b'{"userId":"u","custom":{"x":[{"a":1,"\\u0061":2}]}}',
    "an invalid byte": b'{"userId":"\xff"}',
    "an overlong encoding": b'{"userId":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"userId":"\xed\xa0\x80"}',
    "a truncated character": b'{"userId":"\xe2\x82"}',
    "a code point past the last": b'{"userId":"\xf4\x90\x80\x80"}',
    "a lone high surrogate": b'{"userId":"\\ud800"}',
    "a lone low surrogate": b'{"userId":"\\udc00"}',
    "surrogates in the wrong order": b'{"userId":"\\udc00\\ud800"}',
    "a raw control character": b'{"userId":"a\nb"}',
    "a raw zero byte": b'{"userId":"a\x00b"}',
    "an unknown escape": b'{"userId":"\\x41"}',
    "a short escape": b'{"userId":"\\u12"}',
    "a leading zero": b'{"userId":"u","custom":{"n":01}}',
    "a plus sign": b'{"userId":"u","custom":{"n":+1}}',
    "a bare point": b'{"userId":"u","custom":{"n":1.}}',
    "no digit before the point": b'{"userId":"u","custom":{"n":.5}}',
    "no exponent": b'{"userId":"u","custom":{"n":1e}}',
    "hexadecimal": b'{"userId":"u","custom":{"n":0x1}}',
    "NaN": b'{"userId":"u","custom":{"n":NaN}}',
    "Infinity": b'{"userId":"u","custom":{"n":-Infinity}}',
    "True": b'{"userId":"u","custom":{"n":True}}',
    "a lone minus": b'{"userId":"u","custom":{"n":-}}',
    "a bracket too many": b'{"userId":"u"}}',
    "a form": b"userId=u",
    "nesting without end": b'{"userId":"u","custom":' + b'{"a":' * 1_000 + b"1" + b"}" * 1_001,
    "arrays without end": b"[" * 16_000,
}

# What is wrong, and the fields the answer names.
NOT_ACCEPTABLE = {
    "no userId": ({"name": "A"}, ["userId"]),
    "an empty object": ({}, ["userId"]),
    "userId null": ({"userId": None}, ["userId"]),
    "userId a number": ({"userId": 7}, ["userId"]),
    "userId empty": ({"userId": ""}, ["userId"]),
    "userId of 256 bytes": ({"userId": "u" * 256}, ["userId"]),
    "userId of 128 two-byte characters": ({"userId": "é" * 128}, ["userId"]),
    "userId with a line break": ({"userId": "a\nb"}, ["userId"]),
    "userId with a zero": ({"userId": "a\0"}, ["userId"]),
    "userId with DEL": ({"userId": "a\x7f"}, ["userId"]),
    "userId with a C1 control": ({"userId": "a\x85b"}, ["userId"]),
    "name a number": ({"userId": "u", "name": 1}, ["name"]),
    "name too long": ({"userId": "u", "name": "n" * 256}, ["name"]),
    "name with a control character": ({"userId": "u", "name": "a\tb"}, ["name"]),
    "image relative": ({"userId": "u", "image": "/a.png"}, ["image"]),
    "image of another scheme": ({"userId": "u", "image": "javascript:alert(1)"}, ["image"]),
    "image a data URL": ({"userId": "u", "image": "data:image/png;base64,AA=="}, ["image"]),
    "image without a host": ({"userId": "u", "image": "https:///a"}, ["image"]),
    "image with a space": ({"userId": "u", "image": "https://a.example/a b"}, ["image"]),
    "image with a line break": ({"userId": "u", "image": "https://a.example/\n"}, ["image"]),
    "image empty": ({"userId": "u", "image": ""}, ["image"]),
    "image an object": ({"userId": "u", "image": {}}, ["image"]),
    "image too long": ({"userId": "u", "image": "https://a.example/" + "x" * 2_031}, ["image"]),
    "custom an array": ({"userId": "u", "custom": []}, ["custom"]),
    "custom a string": ({"userId": "u", "custom": "{}"}, ["custom"]),
    "custom too large": ({"userId": "u", "custom": {"x": "y" * 5_113}}, ["custom"]),
    "custom too deep": ({"userId": "u", "custom": json.loads('{"a":' * 17 + "1" + "}" * 17)}, ["custom"]),
    "custom too deep with an array": ({"userId": "u", "custom": json.loads('{"a":' * 16 + "[1]" + "}" * 16)}, ["custom"]),
    "expiresIn a string": ({"userId": "u", "expiresIn": "60"}, ["expiresIn"]),
    "refresh a string": ({"userId": "u", "refresh": "true"}, ["refresh"]),
    "refresh null": ({"userId": "u", "refresh": None}, ["refresh"]),
    "channels a string": ({"userId": "u", "channels": "news"}, ["channels"]),
    "channels null": ({"userId": "u", "channels": None}, ["channels"]),
    "65 channels": ({"userId": "u", "channels": ["c"] * 65}, ["channels"]),
    "a channel that is a number": ({"userId": "u", "channels": ["a", 1]}, ["channels[1]"]),
    "an empty channel": ({"userId": "u", "channels": [""]}, ["channels[0]"]),
    "a channel of 256 bytes": ({"userId": "u", "channels": ["c" * 256]}, ["channels[0]"]),
    "a channel with a control character": ({"userId": "u", "channels": ["a\0"]}, ["channels[0]"]),
    "an unknown member": ({"userId": "u", "colour": 1}, ["colour"]),
    "another spelling": ({"userId": "u", "userid": "v", "Name": "A"}, ["userid", "Name"]),
    "an empty name of a member": ({"userId": "u", "": 1}, [""]),
    "a member of Object's prototype": ({"userId": "u", "__proto__": {}}, ["__proto__"]),
    "everything at once": ({"name": 1, "image": 2, "custom": 3, "x": 4}, ["name", "image", "custom", "x", "userId"]),
}

# Header fields and body, status and code.
HEADERS = {
    "no key": ({"X-API-Key": None}, 401, "api_key_missing"),
    "an empty key": ({"X-API-Key": ""}, 401, None),
    "not a key": ({"X-API-Key": "secret"}, 401, "api_key_invalid"),
    "a key of a well-known form": ({"X-API-Key": "chatsdk_" + "A" * 50}, 401, "api_key_invalid"),
    "a key of Unicode": ({"X-API-Key": "chatsdk_é"}, 401, "api_key_invalid"),
    "a very long key": ({"X-API-Key": "chatsdk_" + "A" * 8_000}, 401, "api_key_invalid"),
    "no content type": ({"Content-Type": None}, 415, "unsupported_media_type"),
    "text": ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
    "a form": ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
    "another JSON": ({"Content-Type": "application/merge-patch+json"}, 415, "unsupported_media_type"),
    "a longer name": ({"Content-Type": "application/jsonp"}, 415, "unsupported_media_type"),
    "a compressed body": ({"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
}


@pytest.fixture
def wire(server):
    """One connection a test: the request after the refused one goes over it too."""
    with server.wire() as wire:
        yield wire


def check_problem(answer: Answer, status: int, code: str | None) -> dict:
    """An RFC 9457 document with every member that is promised, and nothing that is not."""
    assert answer.status == status, answer
    assert code is None or answer.code == code
    document = answer.json
    assert set(document) - {"errors"} == PROBLEM
    assert document["status"] == status and document["requestId"] == answer["X-Request-ID"]
    assert document["type"].endswith("#" + document["code"]) and document["title"] and document["detail"]
    assert answer["Cache-Control"] == "no-store"
    for error in document.get("errors", []):
        assert set(error) == {"field", "detail"} and error["detail"]
    return document


def check_still_good(wire: Wire, key: str) -> None:
    """The same connection serves the next request."""
    assert wire.ask("POST", "/tokens", {"userId": "good"}, {"X-API-Key": key}).status == 200


@pytest.fixture(autouse=True)
def nothing_is_stored(server, deployment):
    """No test here stores or changes any user but the one of `check_still_good`."""
    query = "SELECT user_id, updated_at FROM user WHERE user_id <> 'good'"
    before = deployment.rows(query)
    yield
    assert deployment.rows(query) == before, "a refused request stored a user"


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_body_that_is_not_json_is_refused(wire, key, body):
    answer = wire.ask("POST", "/tokens", body, {"X-API-Key": key})
    document = check_problem(answer, 400, "invalid_json")
    assert document["title"] == "Invalid JSON"
    check_still_good(wire, key)


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true", '[{"userId":"u"}]'])
def test_json_that_is_no_object_is_refused(wire, key, body):
    answer = wire.ask("POST", "/tokens", body, {"X-API-Key": key})
    document = check_problem(answer, 400, None)
    assert document["code"] in ("invalid_json", "invalid_request")
    check_still_good(wire, key)


@pytest.mark.parametrize("body, fields", NOT_ACCEPTABLE.values(), ids=NOT_ACCEPTABLE.keys())
def test_a_member_that_is_not_acceptable_is_refused_by_name(wire, key, body, fields):
    answer = wire.ask("POST", "/tokens", body, {"X-API-Key": key})
    document = check_problem(answer, 400, "invalid_request")
    assert sorted(error["field"] for error in document["errors"]) == sorted(fields)
    assert re.fullmatch(r'"tenant";r=\d+;t=\d+', answer["RateLimit"]), "a good key spends its limit"
    check_still_good(wire, key)


@pytest.mark.parametrize("headers, status, code", HEADERS.values(), ids=HEADERS.keys())
def test_header_fields_that_are_not_acceptable_are_refused(wire, key, headers, status, code):
    answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key} | headers)
    check_problem(answer, status, code)
    if status == 401:
        assert answer.json["title"] == "Invalid API key"
        assert answer["WWW-Authenticate"].startswith("ApiKey")
    check_still_good(wire, key)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;x=y"])
def test_json_may_be_declared_in_any_way_that_http_allows(wire, key, kind):
    answer = wire.ask("POST", "/tokens", {"userId": "good"}, {"X-API-Key": key, "Content-Type": kind})
    assert answer.status == 200


def test_the_key_is_looked_at_before_the_body(wire):
    answer = wire.ask("POST", "/tokens", "not json", {"X-API-Key": "nonsense", "Content-Type": "text/plain"})
    check_problem(answer, 401, "api_key_invalid")


def test_a_node_key_issues_nothing(wire, node_key):
    answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": node_key})
    check_problem(answer, 403, "scope_missing")


def test_a_key_without_the_scope_issues_nothing(wire, deployment, key):
    verifier = deployment.key("acme", "--scope", "tokens:verify")
    answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": verifier})
    assert "tokens:issue" in check_problem(answer, 403, "scope_missing")["detail"]
    check_still_good(wire, key)


def test_every_flip_of_one_character_spoils_a_key(wire, key):
    for index in range(len(key)):
        wrong = key[:index] + ("A" if key[index] != "A" else "B") + key[index + 1:]
        answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": wrong})
        check_problem(answer, 401, "api_key_invalid")


def test_two_keys_that_disagree_do_not_let_anyone_in_by_accident(wire, key):
    """A proxy that checks one of two and passes both must not be fooled; the server uses one and only one."""
    head = request("POST", "/tokens", {"userId": "good"}, {"X-API-Key": "nonsense"})
    wire.send(head.replace(b"X-API-Key: nonsense\r\n", b"X-API-Key: nonsense\r\nX-API-Key: %s\r\n" % key.encode()))
    assert wire.read().status in (400, 401)
    check_still_good(wire, key)


@pytest.mark.parametrize("path", ["/", "/token", "/tokens/", "//tokens", "/Tokens", "/tokens/1", "/verify/", "/verify/x",
                                  "/t/acme", "/t//.well-known/jwks.json", "/t/a/b/.well-known/jwks.json", "/metrics",
                                  "/admin/keys", "/%74okens", "/favicon.ico"])
def test_an_unknown_path_is_not_found(wire, key, path):
    check_problem(wire.ask("GET", path, headers={"X-API-Key": key}), 404, "not_found")


@pytest.mark.parametrize("method, path, allow", [
    ("GET", "/tokens", {"POST"}), ("PUT", "/tokens", {"POST"}), ("DELETE", "/tokens", {"POST"}),
    ("PATCH", "/tokens", {"POST"}), ("OPTIONS", "/tokens", {"POST"}), ("PROPFIND", "/tokens", {"POST"}),
    ("PUT", "/verify", {"GET", "HEAD", "POST"}), ("GET", "/verify/batch", {"POST"}),
    ("POST", "/healthz", {"GET", "HEAD"}), ("POST", "/readyz", {"GET", "HEAD"}), ("POST", "/docs", {"GET", "HEAD"}),
    ("POST", "/openapi.yaml", {"GET", "HEAD"}), ("POST", "/t/acme/.well-known/jwks.json", {"GET", "HEAD"}),
    ("DELETE", "/.well-known/oauth-authorization-server/t/acme", {"GET", "HEAD"}),
])
def test_another_method_is_refused_with_those_that_are_allowed(wire, key, method, path, allow):
    answer = wire.ask(method, path, headers={"X-API-Key": key, "Content-Length": "0"})
    check_problem(answer, 405, "method_not_allowed")
    assert set(re.split(r",\s*", answer["Allow"])) == allow
    check_still_good(wire, key)


def test_a_method_that_nobody_knows_is_refused(wire):
    answer = wire.ask("FOO", "/tokens")
    assert answer.status in (400, 405, 501), "the parser may refuse it before anyone looks at the path"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_query_does_not_hide_a_route(wire, key):
    assert wire.ask("POST", "/tokens?x=1", {"userId": "good"}, {"X-API-Key": key}).status == 200
    assert wire.ask("GET", "/healthz?x=1").status == 200
