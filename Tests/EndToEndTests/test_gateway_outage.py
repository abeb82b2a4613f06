"""A gateway that asks ChatTokens lets nobody in while there is no answer."""

import contextlib

import pytest

import evidence
import http_gateways
from deployment import eventually
from gateway import Gateway
from upstream import Upstream


@pytest.mark.parametrize(("name", "status"), [("nginx", 500), ("caddy", 502)])
def test_nobody_gets_in_while_chat_tokens_is_away(name, status, made, program, tmp_path):
    start = {"nginx": http_gateways.nginx_before, "caddy": http_gateways.caddy_before}[name]
    key = made.key("acme")
    with Upstream() as upstream, start(made, made.node_key(), upstream, program, tmp_path) as port:
        with made.serve() as server:
            gateway = Gateway(name, port, "acme", server, made, key)
            token = gateway.pair()["wsToken"]
            assert gateway.ask(token).status == 200
        assert gateway.ask(token).status == status
        assert gateway.ask(None, f"/connection/websocket?token={token}").status == status
        with made.serve(), contextlib.suppress(ConnectionError):
            # nginx leaves a server alone for ten seconds after it failed.
            eventually(lambda: gateway.ask(token).status == 200, timeout=15, pause=0.25)
    for log in evidence.LOGS_OF_GATEWAYS:
        assert evidence.leaks(log) == [], log


@pytest.mark.parametrize(("name", "status"), [("nginx", 403), ("caddy", 403)])
def test_nobody_gets_in_when_the_gateways_own_key_is_wrong(name, status, made, program, tmp_path):
    start = {"nginx": http_gateways.nginx_before, "caddy": http_gateways.caddy_before}[name]
    with Upstream() as upstream, start(made, "chatsdk_nonsense", upstream, program, tmp_path) as port:
        with made.serve() as server:
            gateway = Gateway(name, port, "acme", server, made, made.key("acme"))
            assert gateway.ask(gateway.pair()["wsToken"]).status == status
