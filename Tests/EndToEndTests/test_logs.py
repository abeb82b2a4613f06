"""The last look: no log line of the whole run holds a secret, and every line is one JSON object."""

import evidence
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
    import json

    for log in evidence.LOGS:
        for line in log.read_bytes().splitlines():
            entry = json.loads(line)
            assert {"time", "level", "message"} <= set(entry), entry
