"""What is asked of the servers."""

import json
from typing import NamedTuple

from . import load
from .client import Client


class Scenario(NamedTuple):
    """A row group of the table: a title and how to put load on a server for some seconds."""

    name: str
    title: str
    run: object
    #: Which of `main`'s line-ups it is asked of.
    lineup: str = "sqlite"
    #: With fewer connections than this it says nothing.
    least: int = 1


def _replay(name):
    return lambda server, connections, seconds: load.replay(server.ports, server.directory / name, connections, seconds)


def _tokens(users, order="sequential"):
    def run(server, connections, seconds):
        # Each run goes on where the last one stopped, so that no request repeats an older one.
        server.turn = getattr(server, "turn", 0)
        result = load.tokens(server.ports, server.api_key, connections, seconds, users, server.turn, order)
        server.turn += result["requests"]
        return result

    return run


ALL = {
    scenario.name: scenario
    for scenario in (
        Scenario("tokens", "POST /tokens, 1,000 users, every request a durable change", _tokens(1_000)),
        Scenario("tokens-1m", "POST /tokens, 1,000,000 distinct users", _tokens(1_000_000, "random")),
        Scenario("verify", "POST /verify", _replay("verify.requests")),
        Scenario("verify-get", "GET /verify", _replay("verify-get.requests")),
        Scenario("introspect", "POST /oauth2/introspect", _replay("introspect.requests"), "floors"),
        Scenario("jwks", "GET JWKS", _replay("jwks.requests")),
        Scenario("tokens-postgres", "POST /tokens on PostgreSQL, 1,000 users, every request a durable change",
                 _tokens(1_000), "postgres"),
        Scenario("tokens-redis", "POST /tokens on PostgreSQL, limits shared in Redis", _tokens(1_000), "redis"),
        Scenario("tokens-redis-sqlite", "POST /tokens on SQLite, limits in Redis", _tokens(1_000), "redis-sqlite"),
        Scenario("two-nodes", "POST /tokens on PostgreSQL, one node and two", _tokens(1_000), "two-nodes", least=2),
    )
}
DEFAULT = ["tokens", "verify", "verify-get", "introspect", "jwks", "tokens-postgres", "tokens-redis", "two-nodes"]


def write_requests(server, count=1_000):
    """The files `replay` reads: requests to verify tokens the server itself issued."""
    key = f"X-API-Key: {server.api_key}\r\n"
    posts, gets, forms = [], [], []
    client = None if server.floor else Client(server.port, server.api_key)
    for number in range(count):
        token = client.pair(f"user-{number:07}")["wsToken"] if client else "t" * 500
        body = json.dumps({"token": token, "expect": "ws"}, separators=(",", ":"))
        posts.append(
            f"POST /verify HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}")
        form = f"token={token}&token_type_hint=access_token"
        forms.append(
            f"POST /oauth2/introspect HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}")
        gets.append(
            f"GET /verify?expect=ws HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}Authorization: Bearer {token}\r\n\r\n")
    if client:
        client.close()
    jwks = ["GET /t/bench/.well-known/jwks.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"]
    for name, requests in (("verify", posts), ("verify-get", gets), ("introspect", forms), ("jwks", jwks)):
        text = "".join(f"{request}\n.\n" for request in requests)
        (server.directory / f"{name}.requests").write_bytes(text.encode())
