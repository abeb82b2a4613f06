"""Bad days of the disk: refused with 503 and Retry-After while they last, and well again by itself afterwards."""

import contextlib
import ctypes
import os
import pathlib
import sqlite3
import time

import pytest

from deployment import Deployment, Server, eventually
from load import Load
from test_crash import integrity
from wire import request


def check_unavailable(answer) -> None:
    assert answer.status == 503 and answer.code == "storage_unavailable"
    assert int(answer["Retry-After"]) >= 1
    for word in ("SQLite", "disk", "locked", "sqlite", "SELECT", "INSERT"):
        assert word not in answer.json["detail"], "causes go to the log only"


@contextlib.contextmanager
def mounted_tmpfs(folder: pathlib.Path, size: str, unavailable):
    """A small file system of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) != 0:
        unavailable("the right to mount a tmpfs")
    try:
        yield
    finally:
        libc.umount2(str(folder).encode(), 2)


def fill(ballast: pathlib.Path) -> None:
    """Writes until there is no room for another byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1_048_576, 4_096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size):
                    pass


@pytest.fixture
def small_disk(tmp_path, unavailable):
    folder = tmp_path / "small"
    folder.mkdir()
    with mounted_tmpfs(folder, "48m", unavailable):
        yield folder


def test_a_full_disk_is_503_and_heals(small_disk, tmp_path):
    made = Deployment(small_disk)
    made.initialize()
    made.tenant("acme")
    key = made.key("acme")
    made.folder = tmp_path  # the server's log goes elsewhere
    server = Server(made)
    server.wait_until_ready()
    ballast = small_disk / "ballast"
    first = server.pair(key, {"userId": "before", "name": "kept"})
    fill(ballast)
    acknowledged = []
    refused = None
    for index in range(3_000):
        answer = server.issue(key, {"userId": f"full{index}", "custom": {"x": "y" * 4_000}})
        if answer.status == 200:
            acknowledged.append(f"full{index}")
            continue
        refused = refused or answer
        check_unavailable(answer)
        if index > len(acknowledged) + 5:
            break
    assert refused is not None, "the disk was never full"
    assert refused.values("RateLimit")
    ready = eventually(lambda: (found := server.ask("GET", "/readyz")).status == 503 and found, timeout=3)
    assert ready.code == "not_ready" and ready["Retry-After"] and "disk" in ready.json["detail"]
    assert server.ask("GET", "/healthz").status == 200, "the process lives"
    assert server.code(key, first["wsToken"], "ws") == "valid", "verification needs no disk"
    ballast.unlink()
    eventually(lambda: server.issue(key, {"userId": "after"}).status == 200, timeout=5)
    eventually(lambda: server.ask("GET", "/readyz").status == 200, timeout=5)
    for user in acknowledged + ["before", "after"]:
        assert made.stored("acme", user) is not None
    refused_users = [
        user for (user,) in made.rows("SELECT user_id FROM user") if user not in acknowledged + ["before", "after"]
    ]
    assert refused_users == [], "a refused request stored a user"
    server.stop()
    assert integrity(made.database) == [("ok",)]


def test_a_full_disk_at_the_start_is_told(small_disk):
    made = Deployment(small_disk)
    made.initialize()
    fill(small_disk / "ballast")
    done = made.attempt("tenant", "create", "acme", "--json")
    assert done.returncode != 0 and "full" in done.stderr, done.stderr
    (small_disk / "ballast").unlink()
    made.tenant("acme")


def test_a_database_locked_by_another_process_is_503_and_heals(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server:
        token = server.pair(key, {"userId": "before", "name": "kept"})["wsToken"]
        other = sqlite3.connect(made.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        locked = time.monotonic()
        answer = server.issue(key, {"userId": "locked-out"})
        check_unavailable(answer)
        assert time.monotonic() - locked < 10
        assert server.code(key, token, "ws") == "valid"
        assert server.ask("GET", "/healthz").status == 200
        assert server.ask("GET", "/readyz").status == 503
        time.sleep(max(0, 5 - (time.monotonic() - locked)))
        other.execute("ROLLBACK")
        other.close()
        eventually(lambda: server.issue(key, {"userId": "after"}).status == 200, timeout=5)
        eventually(lambda: server.ask("GET", "/readyz").status == 200, timeout=5)
        assert made.stored("acme", "locked-out") is None
        assert server.pair(key, "before")["user"]["name"] == "kept"


def test_many_more_requests_than_a_locked_database_takes_are_refused_and_memory_stays_bounded(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server:
        server.pair(key)
        with contextlib.closing(sqlite3.connect(made.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            wires = [server.wire(timeout=60) for _ in range(1_500)]
            for index, wire in enumerate(wires):
                body = {"userId": f"u{index}", "custom": {"x": "y" * 5_000}}
                wire.send(request("POST", "/tokens", body, {"X-API-Key": key}))
            for wire in wires:
                check_unavailable(wire.read())
            other.execute("ROLLBACK")
        assert all(
            wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key}).status == 200 for wire in wires[:100]
        )
        for wire in wires:
            wire.close()
        resident = int(pathlib.Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        assert resident < 300 * 1_024 * 1_024
        assert made.rows("SELECT count(*) FROM user") == [(2,)]


def test_a_short_lock_is_waited_for(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server, Load(server, key, writers=4) as load:
        load.wait_for(20)
        for _ in range(5):
            other = sqlite3.connect(made.database, isolation_level=None, timeout=5)
            other.execute("BEGIN IMMEDIATE")
            time.sleep(0.1)
            other.execute("ROLLBACK")
            other.close()
        load.stop()
        assert set(load.statuses) == {200}
        load.check(made, "acme")


def test_the_cli_works_beside_a_server_under_load(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server, Load(server, key, writers=4) as load:
        for index in range(5):
            made.tenant(f"beside-{index}")
            other = made.key(f"beside-{index}")
            assert eventually(lambda: server.issue(other, {"userId": "u"}).status == 200, timeout=2)
        load.stop()
        assert set(load.statuses) == {200}


def test_the_files_are_for_their_owner_only(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    with made.serve() as server:
        server.pair(made.key("acme"))
        for path in made.folder.iterdir():
            if path.name.startswith(("chat-tokens.db", "master.key")):
                assert path.stat().st_mode & 0o077 == 0, path.name


def test_secrets_are_sealed_at_rest(make_deployment):
    made = make_deployment()
    secrets = []
    for algorithm in ("HS256", "ES256"):
        made.tenant(algorithm.lower(), algorithm=algorithm)
        jwk = made.secret(algorithm.lower())
        secrets.append(jwk.get("k") or jwk["d"])
    key = made.key("hs256")
    with made.serve() as server:
        server.pair(key)
    import jose

    stored = b"".join(path.read_bytes() for path in made.folder.glob("chat-tokens.db*"))
    for secret in secrets:
        assert secret.encode() not in stored and jose.base64url_decode(secret) not in stored
    assert key.encode() not in stored and key[20:52].encode() not in stored
    assert (made.folder / "master.key").read_bytes().strip() not in stored


def test_a_file_that_vanishes_does_not_lose_the_server_its_mind(make_deployment):
    """Somebody deletes the database under a running server: refused or served, but never a crash."""
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server:
        server.pair(key)
        for path in made.folder.glob("chat-tokens.db*"):
            path.unlink()
        for _ in range(5):
            assert server.issue(key, {"userId": "u"}).status in (200, 503)
        assert server.ask("GET", "/healthz").status == 200
        ready = eventually(lambda: (found := server.ask("GET", "/readyz")).status == 503 and found, timeout=5)
        assert ready.code == "not_ready", "what is written now is written to nowhere"


def test_a_backup_onto_a_full_disk_says_so_and_leaves_nothing(small_disk, made):
    ballast = small_disk / "ballast"
    fill(ballast)
    os.truncate(ballast, ballast.stat().st_size - 65_536)
    done = made.attempt("backup", small_disk / "copy.db")
    assert done.returncode == 1 and "full" in done.stderr and "not an error" not in done.stderr
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
