"""POST /tokens, malformed: the right problem document, nothing stored, and the connection is still good."""

import re

import pytest

from malformed import HEADERS, NOT_ACCEPTABLE, NOT_JSON
from wire import Answer, Wire, request

PROBLEM = {"type", "title", "status", "detail", "code", "requestId"}


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
        wrong = key[:index] + ("A" if key[index] != "A" else "B") + key[index + 1 :]
        answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": wrong})
        check_problem(answer, 401, "api_key_invalid")


def test_two_keys_that_disagree_do_not_let_anyone_in_by_accident(wire, key):
    """A proxy that checks one of two and passes both must not be fooled; the server uses one and only one."""
    head = request("POST", "/tokens", {"userId": "good"}, {"X-API-Key": "nonsense"})
    wire.send(head.replace(b"X-API-Key: nonsense\r\n", b"X-API-Key: nonsense\r\nX-API-Key: %s\r\n" % key.encode()))
    assert wire.read().status in (400, 401)
    check_still_good(wire, key)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/token",
        "/tokens/",
        "//tokens",
        "/Tokens",
        "/tokens/1",
        "/verify/",
        "/verify/x",
        "/t/acme",
        "/t//.well-known/jwks.json",
        "/t/a/b/.well-known/jwks.json",
        "/metrics",
        "/admin/nothing",
        "/%74okens",
        "/favicon.ico",
    ],
)
def test_an_unknown_path_is_not_found(wire, key, path):
    check_problem(wire.ask("GET", path, headers={"X-API-Key": key}), 404, "not_found")


@pytest.mark.parametrize(
    "method, path, allow",
    [
        ("GET", "/tokens", {"POST"}),
        ("PUT", "/tokens", {"POST"}),
        ("DELETE", "/tokens", {"POST"}),
        ("PATCH", "/tokens", {"POST"}),
        ("OPTIONS", "/tokens", {"POST"}),
        ("PROPFIND", "/tokens", {"POST"}),
        ("PUT", "/verify", {"GET", "HEAD", "POST"}),
        ("GET", "/verify/batch", {"POST"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
        ("POST", "/readyz", {"GET", "HEAD"}),
        ("POST", "/docs", {"GET", "HEAD"}),
        ("POST", "/openapi.yaml", {"GET", "HEAD"}),
        ("POST", "/t/acme/.well-known/jwks.json", {"GET", "HEAD"}),
        ("DELETE", "/.well-known/oauth-authorization-server/t/acme", {"GET", "HEAD"}),
    ],
)
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
