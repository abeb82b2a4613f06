"""The end of a server, gentle or not: what was acknowledged is there, and what was accepted is answered."""

import random
import signal
import sqlite3
import time

import pytest

from deployment import Server, eventually
from load import Load
from wire import Closed, request


def integrity(path) -> list:
    database = sqlite3.connect(path)
    try:
        return database.execute("PRAGMA integrity_check").fetchall()
    finally:
        database.close()


@pytest.mark.parametrize("round", range(3))
def test_after_kill_9_every_acknowledged_user_is_there(made, round):
    key = made.key("acme")
    server = Server(made)
    server.wait_until_ready()
    with Load(server, key) as load:
        load.wait_for(150)
        time.sleep(random.Random(round).random() * 0.3)
        server.kill()
        load.stop()
    assert load.acknowledged
    with made.serve() as again:
        load.check(made, "acme")
        user, number = next(iter(load.acknowledged.items()))
        assert again.pair(key, {"userId": user})["user"]["name"] in (f"n{number}", f"n{load.sent[user]}")
        acknowledged = load.statuses[200]
        ((pairs,),) = made.rows("SELECT pairs FROM issued_month WHERE tenant_id = 'acme'")
        assert acknowledged < pairs <= acknowledged + len(load.threads) + 1, "every pair is counted, none twice"
    assert integrity(made.database) == [("ok",)]


def test_killed_again_and_again_it_comes_back_every_time(made):
    key = made.key("acme")
    for index in range(6):
        server = Server(made)
        server.wait_until_ready()
        assert server.pair(key, {"userId": "survivor", "name": f"n{index}"})["user"]["name"] == f"n{index}"
        server.kill()
    with made.serve() as server:
        assert server.pair(key, "survivor")["user"]["name"] == "n5"
    assert integrity(made.database) == [("ok",)]


def test_sigterm_under_load_answers_every_accepted_request(made):
    key = made.key("acme")
    server = Server(made)
    server.wait_until_ready()
    with Load(server, key) as load:
        load.wait_for(200)
        server.process.send_signal(signal.SIGTERM)
        server.stop(timeout=15)
        load.stop()
    assert set(load.statuses) == {200}, "no request was answered with an error"
    load.check(made, "acme")
    assert integrity(made.database) == [("ok",)]
    assert not (made.folder / "chat-tokens.db-wal").exists(), "the database was closed in order"


@pytest.mark.parametrize("lane", ["fast lane", "main lane"])
def test_a_request_that_is_under_way_at_sigterm_is_answered(made, lane):
    key = made.key("acme")
    path, body = (
        ("/tokens", b'{"userId":"late"}')
        if lane == "fast lane"
        else ("/verify/batch", b'{"tokens":[{"token":"x","expect":"ws"}]}')
    )
    whole = request("POST", path, body, {"X-API-Key": key})
    server = Server(made)
    server.wait_until_ready()
    with server.wire() as wire, server.wire() as idle:
        assert idle.ask("GET", "/healthz").status == 200
        wire.send(whole[:-10])
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        assert idle.ended(), "an idle connection is let go at once"
        time.sleep(0.5)
        wire.send(whole[-10:])
        answer = wire.read()
        assert answer.status == 200
        assert wire.ended()
    server.stop(timeout=10)


def test_pipelined_requests_at_sigterm_are_answered_or_cut_but_never_lost(made):
    """An answer says stored; a cut connection says unknown. Nothing is answered that is not stored."""
    key = made.key("acme")
    server = Server(made)
    server.wait_until_ready()
    with Load(server, key, writers=4, pipeline=10) as load:
        load.wait_for(100)
        server.process.send_signal(signal.SIGTERM)
        server.stop(timeout=15)
        load.stop()
    assert set(load.statuses) == {200}
    load.check(made, "acme")


def test_sigint_stops_it_as_well(made):
    server = Server(made)
    server.wait_until_ready()
    server.process.send_signal(signal.SIGINT)
    server.stop(timeout=10)


def test_a_client_that_never_finishes_does_not_hold_up_the_end_for_ever(made):
    key = made.key("acme")
    server = Server(made)
    server.wait_until_ready()
    with server.wire() as slow, server.wire() as mute:
        slow.send(request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key})[:-5])
        time.sleep(0.2)
        started = time.monotonic()
        server.stop(timeout=40)
        assert time.monotonic() - started < 30
        assert mute.ended()


def test_while_it_stops_it_takes_no_new_connections(made):
    key = made.key("acme")
    server = Server(made)
    server.wait_until_ready()
    with server.wire() as slow:
        slow.send(request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key})[:-5])
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)

        def is_closed() -> bool:
            try:
                with server.wire(timeout=1) as wire:
                    return wire.ask("GET", "/healthz").status >= 500
            except (OSError, Closed):
                return True

        eventually(is_closed, timeout=3)
        slow.send(request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key})[-5:])
        assert slow.read().status == 200
    server.stop(timeout=10)


def test_a_backup_under_load_is_whole_and_serves(made, make_deployment, tmp_path):
    key = made.key("acme")
    copy = tmp_path / "copy.db"
    with made.serve() as server:
        with Load(server, key) as load:
            load.wait_for(150)
            before = dict(load.acknowledged)
            made.run("backup", copy)
            load.wait_for(load.statuses[200] + 20)
        load.check(made, "acme")
    assert integrity(copy) == [("ok",)]
    assert copy.stat().st_mode & 0o077 == 0, "nobody else can read it"
    restored = make_deployment()
    copy.rename(restored.database)
    (restored.folder / "master.key").write_text((made.folder / "master.key").read_text())
    with restored.serve() as server:
        for user, number in list(before.items())[:20]:
            name = server.pair(key, {"userId": user})["user"]["name"]
            assert number <= int(name[1:]) <= load.sent[user]


def test_a_backup_never_overwrites(made, tmp_path):
    target = tmp_path / "there.db"
    target.write_text("precious")
    done = made.attempt("backup", target)
    assert done.returncode != 0 and done.stderr.strip()
    assert target.read_text() == "precious"
    assert made.attempt("backup", tmp_path / "no" / "such" / "folder.db").returncode != 0


def test_what_a_killed_backup_has_left_is_named(made, tmp_path):
    left = tmp_path / "nightly.db.partial"
    left.touch()
    done = made.attempt("backup", tmp_path / "nightly.db")
    assert done.returncode == 1 and str(left) in done.stderr and "exists already" not in done.stderr
    left.unlink()
    made.run("backup", tmp_path / "nightly.db")
