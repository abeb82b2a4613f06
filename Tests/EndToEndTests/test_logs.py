"""The last look: no log line of the whole run holds a secret, and every line is one JSON object."""

import json

import evidence
from deployment import eventually
from wire import Closed, request


def test_secrets_in_the_wrong_places_are_not_logged(make_deployment):
    """Everything a confused client can do with a key or a token, while the server logs all it can."""
    made = make_deployment(ACCESS_LOG="on", LOG_LEVEL="trace")
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server:
        token = server.pair(key)["wsToken"]
        for secret in (key, token):
            for data in (
                request("GET", f"/healthz?token={secret}"),
                request("GET", f"/{secret}"),
                request("GET", f"/t/{secret}"),
                request("GET", f"/t/{secret}/.well-known/jwks.json"),
                request("GET", f"/verify?expect={secret}"),
                request("POST", "/tokens", {secret: 1}, {"X-API-Key": key}),
                request("POST", "/tokens", {"userId": "u", "image": secret}, {"X-API-Key": key}),
                request("POST", "/tokens", secret, {"X-API-Key": key}),
                request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": secret + "x"}),
                request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": f"Bearer {secret}"}),
                request("POST", "/verify", {"token": secret + "x", "expect": "ws"}, {"X-API-Key": key}),
                request("POST", "/verify/batch", {"tokens": [secret]}, {"X-API-Key": key}),
                request("GET", "/verify?expect=ws", headers={"X-API-Key": key, "X-Original-URI": f"/?token={secret}x"}),
                request("GET", "/healthz", headers={"X-Request-ID": "a b " + secret}),
                request("GET", "/healthz", headers={"traceparent": secret}),
                f"GET /{secret} HTTP/9.9\r\n\r\n".encode(),
                f"{secret} / HTTP/1.1\r\n\r\n".encode(),
                f"GET / HTTP/1.1\r\nHost: a\r\n{secret}\r\n\r\n".encode(),
                secret.encode() + b"\0\r\n\r\n",
                f"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: {secret}\r\n\r\n".encode(),
            ):
                with server.wire(timeout=2) as wire:
                    wire.send(data)
                    try:
                        wire.read()
                    except (Closed, TimeoutError):
                        pass
        metrics = server.metrics()
    assert not any(secret in metrics for secret in evidence.SECRETS)
    assert evidence.leaks(server.log) == []


def test_an_act_of_management_has_a_line_that_says_who_did_it(made):
    key = made.key("acme", "--scope", "admin,tokens:revoke,users:write")
    register = {"email": "ann@acme.example", "password": "four sheep on a hill", "tenant": {"id": "new", "name": "New"}}
    with made.serve() as server:

        def act(name: str, method: str, path: str, body: object, status: int = 200) -> dict:
            answer = server.ask(method, path, body, {"X-API-Key": key, "X-Request-ID": name})
            assert answer.status == status, answer.body
            return answer.json if answer.body else {}

        act("profile", "PUT", "/users/u", {"name": "U"}, 201)
        act("refused", "POST", "/tokens/revoke", {}, 400)
        act("revoked", "POST", "/tokens/revoke", {"userId": "u"})
        act("registered", "POST", "/auth/register", register, 201)
        made_key = act("created", "POST", "/admin/keys", {"name": "k", "scopes": ["tokens:issue"]}, 201)
        act("purge", "DELETE", "/users/u?purge=true", None, 204)
        act("key", "POST", f"/admin/keys/{made_key['id']}/revoke", {})

        def acts() -> dict:
            lines = [json.loads(line) for line in server.log.read_bytes().splitlines()]
            return {line["requestId"]: line for line in lines if line["message"] == "act"}

        eventually(lambda: "key" in acts(), 3, 0.1)
    found = acts()
    assert list(found) == ["revoked", "registered", "created", "purge", "key"]
    assert "target" not in found["purge"], "an erased person leaves no identifier"
    assert (found["revoked"]["route"], found["revoked"]["tenant"]) == ("/tokens/revoke", "acme")
    assert found["registered"]["actor"] == "anonymous"
    assert found["key"]["actor"].startswith("key ") and found["key"]["target"] == made_key["id"]


def test_no_log_of_the_whole_run_holds_a_secret():
    logs = [log for log in evidence.LOGS if log.exists()]
    assert logs and evidence.SECRETS
    found = {str(log): leaks for log in logs if (leaks := evidence.leaks(log))}
    assert found == {}


def test_every_log_line_of_the_whole_run_is_a_json_object():
    bad = {
        str(log): lines[:3]
        for log in evidence.LOGS
        if log.exists() and (lines := evidence.lines_that_are_not_json(log))
    }
    assert bad == {}


def test_every_log_line_has_its_time_its_level_and_its_message():
    for log in evidence.LOGS:
        for line in log.read_bytes().splitlines():
            entry = json.loads(line)
            assert {"time", "level", "message"} <= set(entry), entry
