"""Clients and surroundings that mean harm, or look as if they did, and what they cannot do to others."""

import contextlib
import socket
import sqlite3
import subprocess
import threading
import time

import deployment as _deployment
from wire import Closed, request


def test_a_log_that_cannot_be_written_does_not_stop_the_server(make_deployment):
    deployment = make_deployment()
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            [_deployment.BINARY, "serve"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=full,
            env=deployment.environment,
            cwd=deployment.folder,
        )
    try:
        statuses = []
        for _ in range(100):
            with contextlib.suppress(OSError, Closed):
                with _deployment.Wire(deployment.port) as wire:
                    statuses.append(wire.ask("POST", "/tokens", {"userId": "u"}).status)
            if len(statuses) == 5:
                break
            time.sleep(0.1)
        assert statuses == [401] * 5
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_nothing_is_carried_out_behind_a_request_that_ended_the_connection(server, deployment, key):
    good = request("POST", "/tokens", {"userId": "behind"}, {"X-API-Key": key})
    with server.wire() as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\n\r\n" + good)
        assert wire.read().status == 400
        with contextlib.suppress(OSError):
            for _ in range(3):
                time.sleep(0.3)
                wire.send(good)
    assert deployment.stored("acme", "behind") is None


def test_a_client_that_takes_no_answers_does_not_hold_up_the_end(make_deployment):
    deployment = make_deployment()
    with deployment.serve() as server:
        sluggish = socket.socket()
        sluggish.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sluggish.connect(("127.0.0.1", server.port))
        sluggish.sendall(request("GET", "/docs") * 80)
        time.sleep(1)
        started = time.monotonic()
        server.process.terminate()
        assert server.process.wait(45) == 0
        assert time.monotonic() - started < 40
        sluggish.close()


def test_readiness_probes_of_a_locked_database_hold_up_nobody(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    with deployment.serve() as server:
        with contextlib.closing(sqlite3.connect(deployment.database, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            probes = [threading.Thread(target=server.ask, args=("GET", "/readyz")) for _ in range(8)]
            for probe in probes:
                probe.start()
            time.sleep(0.3)
            started = time.monotonic()
            assert server.ask("GET", "/t/acme/.well-known/jwks.json").status == 200
            assert time.monotonic() - started < 2
            for probe in probes:
                probe.join()
            lock.execute("ROLLBACK")
        server.wait_until_ready()


def test_a_revoked_key_stays_revoked_whatever_comes_after(deployment):
    made = deployment.run("key", "create", "--tenant", "acme", "--name", "short-lived")
    deployment.run("key", "revoke", made["id"])
    assert deployment.attempt("key", "rotate", made["id"]).returncode != 0
    [(revoked,)] = deployment.rows("SELECT revoked_at IS NOT NULL FROM api_key WHERE api_key_id = ?", made["id"])
    assert revoked
