"""Checks that a server does what the comparison assumes, before it is measured."""

import base64
import json

from .client import Client

CLAIMS = {
    "rest": {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "akid"},
    "ws": {"iss", "sub", "aud", "iat", "exp", "jti", "scope", "info", "meta", "akid"},
}
MEMBERS = {"token", "wsToken", "user", "expiresIn", "expiresAt", "refreshAfter", "grantId"}


def _decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def violations(port, api_key):
    """What the server gets wrong, in words; empty when it may be measured."""
    client = Client(port, api_key)
    try:
        return list(_issue(client)) + list(_verify(client)) + list(_refusals(client, port))
    finally:
        client.close()


def _issue(client):
    user = {"userId": "contract-user", "name": "Al", "image": "https://example.com/a.png", "custom": {"a": [1, 2]}}
    status, headers, body = client.send("POST", "/tokens", user)
    if status != 200 or set(body) != MEMBERS:
        yield f"POST /tokens: {status} {body}"
        return
    if body["user"] != {"id": user["userId"], **{k: user[k] for k in ("name", "image", "custom")}}:
        yield f"user is {body['user']}"
    if "RateLimit" not in headers or headers.get("Cache-Control") != "no-store":
        yield "RateLimit or Cache-Control header missing"
    for kind, member, typ in (("rest", "token", "at+jwt"), ("ws", "wsToken", "JWT")):
        head, claims = (_decode(part) for part in body[member].split(".")[:2])
        if set(head) != {"alg", "typ", "kid"} or head["typ"] != typ:
            yield f"{kind} header {head}"
        if set(claims) != CLAIMS[kind] or not isinstance(claims["iat"], int) or not isinstance(claims["aud"], str):
            yield f"{kind} claims {claims}"
    _, _, body = client.send("POST", "/tokens", {"userId": "contract-user", "image": None})
    if body["user"].get("name") != "Al" or body["user"].get("image") or body["user"].get("custom") != {"a": [1, 2]}:
        yield f"absent and null: user is {body['user']}"


def _verify(client):
    pair = client.pair("contract-user")
    for kind, token in (("rest", pair["token"]), ("ws", pair["wsToken"])):
        _, _, body = client.send("POST", "/verify", {"token": token, "expect": kind})
        if not body.get("valid") or body.get("userId") != "contract-user" or "claims" not in body:
            yield f"{kind} token: {body}"
        status, headers, _ = client.send("GET", f"/verify?expect={kind}", headers={"Authorization": f"Bearer {token}"})
        if status != 204 or headers.get("X-Chat-User") != "contract-user":
            yield f"GET /verify {kind}: {status}"
        other = "ws" if kind == "rest" else "rest"
        _, _, body = client.send("POST", "/verify", {"token": token, "expect": other})
        if body.get("valid") is not False:
            yield f"{kind} token passes as {other}"
        tampered = token[:-6] + ("aaaaaa" if token[-6:] != "aaaaaa" else "bbbbbb")
        _, _, body = client.send("POST", "/verify", {"token": tampered, "expect": kind})
        if body.get("valid") is not False:
            yield f"tampered {kind} token passes"


def _refusals(client, port):
    status, _, _ = client.send("POST", "/tokens", {"userId": "x", "unknown": 1})
    if not 400 <= status < 500:
        yield f"unknown member: {status}"
    status, _, _ = client.send("POST", "/tokens", {"userId": ""})
    if not 400 <= status < 500:
        yield f"empty userId: {status}"
    stranger = Client(port, "chatsdk_000000000000000000000000000000000000000000000000")
    status, _, _ = stranger.send("POST", "/tokens", {"userId": "x"})
    stranger.close()
    if status != 401:
        yield f"unknown key: {status}"
