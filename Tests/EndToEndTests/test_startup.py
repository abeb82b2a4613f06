"""A deployment that cannot work refuses to start, and says why in words an operator can act on."""

import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

import evidence
from deployment import BINARY, Deployment, Server


def check_refuses(deployment, *words: str, command: tuple = ("serve",), **settings: str) -> str:
    """Ends by itself, not with 0 and not with a crash, and names what is wrong."""
    done = deployment.attempt(*command, **settings)
    assert done.returncode not in (0, -signal.SIGILL, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGTRAP), done
    assert done.returncode > 0, f"it ended by signal {-done.returncode}: {done.stderr[-500:]}"
    for word in words:
        assert re.search(word, done.stderr, re.I), f"{word!r} is not in {done.stderr!r}"
    assert len(done.stderr) < 4_000 and "Fatal error" not in done.stderr
    return done.stderr


def contents(path: pathlib.Path) -> list[str]:
    """Everything a database holds."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_a_wrong_master_key_is_refused_by_every_command_that_needs_it(made, make_deployment):
    other = make_deployment()
    (made.folder / "master.key").write_text((other.folder / "master.key").read_text())
    before = contents(made.database)
    said = check_refuses(made, "master key")
    assert evidence.SECRETS and not any(secret in said for secret in evidence.SECRETS)
    for command in (
        ("tenant", "create", "new"),
        ("signing-key", "export", "--private", "--tenant", "acme"),
        ("init",),
        ("signing-key", "rotate", "--tenant", "acme"),
    ):
        check_refuses(made, "master key", command=command)
    assert contents(made.database) == before, "nothing was written under the wrong key"


def test_a_missing_or_malformed_master_key_is_refused(made):
    path = made.folder / "master.key"
    kept = path.read_text()
    for text in ("", "short", "*" * 44, kept.strip()[:-4], kept * 2):
        path.write_text(text)
        check_refuses(made, "master")
    path.unlink()
    check_refuses(made, "master")
    assert not path.exists(), "a lost key is not replaced behind the operator's back"
    check_refuses(made, "master", command=("init",))
    path.write_text(kept)
    path.chmod(0o600)
    with made.serve():
        pass


def test_the_master_key_may_come_from_the_environment(made):
    text = (made.folder / "master.key").read_text().strip()
    (made.folder / "master.key").unlink()
    made.settings["MASTER_KEY"] = text
    with made.serve() as server:
        server.pair(made.key("acme"))
    assert text not in made.attempt("config").stdout and text not in made.attempt("config", "--json").stdout


def test_a_master_key_that_others_can_read_is_warned_about(made):
    (made.folder / "master.key").chmod(0o644)
    with made.serve() as server:
        assert "master key" in server.log.read_text()
    assert "master key" in made.attempt("doctor").stdout


def test_a_second_server_on_the_same_file_is_refused(made, make_deployment):
    key = made.key("acme")
    with made.serve() as server:
        second = make_deployment()
        second.settings |= {"DATABASE_URL": made.settings["DATABASE_URL"]}
        check_refuses(second, "another|already|in use|second")
        assert server.pair(key)["user"]["id"] == "user-123", "the first goes on"
    with made.serve():
        pass


def test_a_second_server_through_another_path_to_the_file_is_refused(made, make_deployment, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(made.folder)
    with made.serve():
        second = make_deployment()
        second.settings |= {"DATABASE_URL": f"sqlite://{link}/chat-tokens.db"}
        check_refuses(second, "another|already|in use|second")


def test_after_kill_9_no_stale_lock_is_in_the_way(made):
    server = Server(made)
    server.wait_until_ready()
    server.kill()
    with made.serve():
        pass


@pytest.mark.parametrize(
    "damage", ["the header", "not a database", "an empty file", "cut in half", "a page in the middle"]
)
def test_a_corrupt_file_is_refused_or_found(made, damage):
    server_key = made.key("acme")
    with made.serve() as server:
        for index in range(50):
            server.pair(server_key, {"userId": f"u{index}", "custom": {"x": "y" * 1_000}})
    data = bytearray(made.database.read_bytes())
    match damage:
        case "the header":
            data[:100] = b"\xff" * 100
        case "not a database":
            data[:] = b"I am not a database. " * 1_000
        case "an empty file":
            data[:] = b""
        case "cut in half":
            del data[len(data) // 2 :]
        case "a page in the middle":
            data[8_192:12_288] = os.urandom(4_096)
    made.database.write_bytes(data)
    if damage in ("the header", "not a database"):
        check_refuses(made, "not a database|corrupt|malformed|damaged|file is")
        assert made.database.read_bytes() == data, "evidence is not touched"
    doctor = made.attempt("doctor", "--json")
    if damage == "an empty file":
        assert any(
            found["check"] == "tenants" and found["status"] == "warning"
            for found in json.loads(doctor.stdout)["findings"]
        )
    else:
        assert doctor.returncode == 1, "the doctor finds it"
    assert "Fatal error" not in doctor.stderr
    done = subprocess.run([BINARY, "tenant", "list"], env=made.environment, capture_output=True, text=True, timeout=30)
    assert done.returncode >= 0, "no command crashes"


def test_a_schema_from_the_future_is_refused(made):
    database = sqlite3.connect(made.database)
    database.execute("INSERT INTO schema_migration VALUES (9999, 'from the future', 'x', 0)")
    database.commit()
    database.close()
    check_refuses(made, "newer|version|migration|schema")


def test_a_changed_migration_is_noticed(made):
    database = sqlite3.connect(made.database)
    database.execute("UPDATE schema_migration SET checksum = 'tampered'")
    database.commit()
    database.close()
    check_refuses(made, "checksum|migration|schema")


def unprivileged(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess:
    """A command by somebody who is bound by file permissions; root is not."""
    deployment.folder.chmod(deployment.folder.stat().st_mode)
    wrapper = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*wrapper, str(BINARY), *arguments],
        env=deployment.environment,
        capture_output=True,
        text=True,
        timeout=30,
        cwd="/",
    )


@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_a_database_that_cannot_be_written_is_refused(made, what, unavailable, program):
    if os.geteuid() == 0:
        program("setpriv")
        for path in made.folder.iterdir():
            os.chown(path, 65_534, 65_534)
        os.chown(made.folder, 65_534, 65_534)
        for parent in made.folder.parents:
            if parent != pathlib.Path("/") and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        if not os.access(BINARY, os.X_OK) or not all(p.stat().st_mode & 0o001 for p in BINARY.parents):
            unavailable("a binary that other users can run")
    if what == "the file":
        made.database.chmod(0o400)
    else:
        made.folder.chmod(0o500)
    try:
        done = unprivileged(made, "serve")
    finally:
        made.folder.chmod(0o700)
    assert done.returncode > 0, done
    assert re.search("read-?only|permission|written|write|open", done.stderr, re.I), done.stderr
    assert "Fatal error" not in done.stderr


def test_a_folder_that_is_not_there_is_made_or_named(make_deployment, tmp_path):
    made = Deployment(tmp_path)
    made.settings["DATABASE_URL"] = f"sqlite://{tmp_path}/a/b/c.db"
    done = made.attempt("init", "--json")
    assert done.returncode == 0 or str(tmp_path) in done.stderr
    blocked = Deployment(tmp_path)
    (tmp_path / "file").write_text("")
    blocked.settings["DATABASE_URL"] = f"sqlite://{tmp_path}/file/c.db"
    check_refuses(blocked, str(tmp_path), command=("init",))


def test_serve_without_init_says_what_to_do(tmp_path):
    done = Deployment(tmp_path)
    said = check_refuses(done, "init")
    assert "master" in said.lower() or "init" in said.lower()


def test_a_port_in_use_is_told(made, make_deployment):
    with made.serve():
        other = make_deployment(PORT=str(made.port))
        check_refuses(other, "port|address|in use")
        other = make_deployment(METRICS_ADDRESS=f"127.0.0.1:{made.metrics_port}")
        check_refuses(other, "port|address|in use")


def test_it_answers_soon_after_its_start(made):
    key = made.key("acme")
    server = Server(made)
    started = time.monotonic()
    server.wait_until_ready()
    assert time.monotonic() - started < 5
    server.pair(key)
    server.stop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other kernels map libraries page by page")
def test_what_only_the_start_needed_of_libraries_takes_no_memory(made):
    with made.serve() as server:
        server.pair(made.key("acme"), {"userId": "u"})
        maps = pathlib.Path(f"/proc/{server.pid}/smaps").read_text()
    sizes = {"Size": 0, "Rss": 0}
    inside = False
    for line in maps.splitlines():
        if re.match(r"[0-9a-f]+-", line):
            inside = re.search(r" r-[x-]p .*\.so", line) is not None
        elif inside and (found := re.match(r"(Size|Rss): +(\d+) kB", line)):
            sizes[found[1]] += int(found[2])
    # More than half of them is touched before the first answer, a quarter or so by what goes on.
    assert 0 < sizes["Rss"] < sizes["Size"] * 0.4, sizes
