"""/users: profiles are managed, people are deactivated and erased, on every node and in every table."""

import concurrent.futures
import json
import random
import statistics
import threading
import time
from urllib.parse import quote

import pytest

import evidence
from deployment import Deployment

PERSON = ["mallory-1977", "Mallory Archer", "https://mallory.example/face.png", "mallory's own words"]


@pytest.fixture(scope="module")
def admin(deployment) -> str:
    """A key of acme that manages users."""
    return deployment.key("acme", "--scope", "users:read", "--scope", "users:write")


class Users:
    """/users of one server with one key."""

    def __init__(self, server, key: str):
        self.server, self.headers = server, {"X-API-Key": key}

    def ask(self, method: str, path: str, body: object = None, **headers: str):
        return self.server.ask(method, f"/users{path}", body, self.headers | headers)

    def put(self, user: str, body: object = None):
        answer = self.ask("PUT", "/" + quote(user, safe=""), {} if body is None else body)
        assert answer.status in (200, 201), answer
        return answer

    def pages(self, limit: int, **query: str):
        """Every page, from the first to the last."""
        cursor = None
        while True:
            parts = {"limit": limit} | query | ({"cursor": cursor} if cursor else {})
            page = self.ask("GET", "?" + "&".join(f"{name}={value}" for name, value in parts.items())).json
            yield [user["id"] for user in page["users"]]
            cursor = page["nextCursor"]
            if cursor is None:
                return


@pytest.fixture
def users(server, admin) -> Users:
    return Users(server, admin)


def test_what_management_writes_is_what_tokens_show_and_the_other_way_round(server, key, users):
    assert users.put("both", '{"name":"B","custom":{ "n" : 1.00 }}').status == 201
    assert '"custom":{"n":1.00}' in server.issue(key, {"userId": "both"}).body.decode()
    server.pair(key, {"userId": "both", "name": None, "image": "https://b.example/"})
    read = users.ask("GET", "/both")
    assert read.json["image"] == "https://b.example/" and read.json["name"] is None
    assert '"custom":{"n":1.00},"status":"active"' in read.body.decode()


@pytest.mark.parametrize("user", ["a/b?c=d&e#f", "..", ".", "é ü", "100%", "batch", "a+b", "\u202e", "'; DROP TABLE user; --"])
def test_any_identifier_can_be_managed(server, key, users, user):
    path = "/" + quote(user, safe="").replace(".", "%2E")
    assert users.ask("PUT", path, {"name": "n"}).status == 201
    assert server.pair(key, {"userId": user})["user"]["name"] == "n"
    assert users.ask("PATCH", path, {"custom": {"a": 1}}, **{"Content-Type": "application/merge-patch+json"}).status == 200
    assert users.ask("GET", path).json["id"] == user
    assert users.ask("DELETE", path + "?purge=true").status == 204
    assert users.ask("GET", path).status == 404


def test_a_patch_keeps_the_digits_that_it_does_not_touch(users):
    users.put("patched", '{"custom":{"big":123456789012345678901234567890,"e":1E400,"deep":{"x":1.0,"y":2}}}')
    answer = users.ask("PATCH", "/patched", '{"custom":{"deep":{"y":null,"z":0.10}}}')
    assert '"custom":{"big":123456789012345678901234567890,"e":1E400,"deep":{"x":1.0,"z":0.10}}' in answer.body.decode()


def test_patches_of_one_user_at_once_lose_nothing(server, admin):
    users = Users(server, admin)
    users.put("crowd")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        patches = [{"custom": {f"m{index}": index}} for index in range(160)]
        answers = list(pool.map(lambda patch: users.ask("PATCH", "/crowd", patch), patches))
    assert {answer.status for answer in answers} == {200}
    assert users.ask("GET", "/crowd").json["custom"] == {f"m{index}": index for index in range(160)}


def test_pages_hold_still_while_users_come_and_go(deployment, server):
    """Every user that is there all the time is met exactly once, in order, whatever happens around it."""
    deployment.tenant("paged")
    key = deployment.key("paged", "--scope", "admin")
    users = Users(server, key)
    stayers = sorted((f"user-{random.randrange(10**9):09}" for _ in range(500)), key=str.encode)
    for start in range(0, 500, 100):
        batch = {"users": [{"userId": user} for user in stayers[start : start + 100]]}
        results = users.ask("POST", "/batch", batch).json["results"]
        assert [result["status"] for result in results] == [201] * 100
    stop = threading.Event()

    def disturb(worker: int) -> int:
        count = 0
        while not stop.is_set():
            user = f"user-{random.randrange(10**9):09}-visitor{worker}"
            users.put(user)
            assert users.ask("DELETE", f"/{user}?purge=true").status == 204
            users.ask("DELETE", f"/{random.choice(stayers)}")
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        disturbers = [pool.submit(disturb, worker) for worker in range(4)]
        walks = [[user for page in users.pages(7) for user in page] for _ in range(3)]
        stop.set()
        disturbed = sum(future.result() for future in disturbers)
    for walk in walks:
        assert walk == sorted(walk, key=str.encode) and len(set(walk)) == len(walk)
        assert [user for user in walk if "visitor" not in user] == stayers
    assert disturbed > 20
    deactivated = [user for page in users.pages(100, status="deactivated") for user in page]
    active = [user for page in users.pages(100, status="active") for user in page]
    assert sorted(deactivated + active, key=str.encode) == stayers and deactivated


def everything(deployment: Deployment) -> str:
    """All that any table holds, as text."""
    if hasattr(deployment, "postgres"):
        tables = deployment.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        query = 'SELECT t::text FROM "{}" AS t'
    else:
        tables = deployment.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        query = 'SELECT * FROM "{}"'
    return "\n".join(repr(row) for (table,) in tables for row in deployment.rows(query.format(table)))


def purge_leaves_nothing(deployment: Deployment, server) -> None:
    deployment.tenant("forgetful")
    key, admin = deployment.key("forgetful"), deployment.key("forgetful", "--scope", "admin,tokens:revoke")
    users = Users(server, admin)
    identifier, name, image, words = PERSON
    pair = server.pair(key, {"userId": identifier, "name": name, "image": image, "custom": {"about": words}})
    users.put(identifier, {"name": name, "image": image, "custom": {"about": words}})
    users.ask("PATCH", f"/{identifier}", {"custom": {"more": words}})
    users.ask("POST", "/batch", {"users": [{"userId": identifier, "name": name}]})
    banned = {"userId": identifier, "reason": "banned"}
    assert server.ask("POST", "/tokens/revoke", banned, {"X-API-Key": admin}).status == 200
    users.ask("DELETE", f"/{identifier}")
    users.ask("POST", f"/{identifier}/reactivate")
    assert all(text in everything(deployment).replace("''", "'").replace("\\'", "'") for text in PERSON)
    used = server.ask("GET", "/config", None, {"X-API-Key": key}).json["quota"]["used"]
    assert users.ask("DELETE", f"/{identifier}?purge=true").status == 204
    left = everything(deployment).lower()
    assert not any(part in left for part in ("mallory", "archer"))
    assert server.verify(key, pair["token"], "rest")["code"] == "token_revoked"
    config = server.ask("GET", "/config", None, {"X-API-Key": key}).json
    assert config["quota"]["used"] == used == 1
    log = server.log.read_text().lower()
    assert "mallory" not in log, "nor does the log name the person"


def test_purge_leaves_nothing_of_the_person_in_any_table(make_deployment):
    deployment = make_deployment()
    with deployment.serve() as server:
        purge_leaves_nothing(deployment, server)
    # What SQLite has freed may still lie in the file until it is overwritten; the tables have nothing.


def test_purge_leaves_nothing_of_the_person_in_any_table_of_postgres(cluster, nodes):
    purge_leaves_nothing(cluster, nodes[0])


def test_a_deactivated_user_is_refused_by_every_node_at_once_and_after_a_restart(cluster, nodes):
    cluster.tenant("strict")
    key, admin = cluster.key("strict"), cluster.key("strict", "--scope", "admin")
    a, b = nodes[:2]
    users = Users(a, admin)
    delays = []
    with b.wire() as wire:
        def verdict(token: str) -> str:
            answer = wire.ask("POST", "/verify", {"token": token, "expect": "ws"}, {"X-API-Key": key}).json
            return "valid" if answer["valid"] else answer["code"]

        for index in range(20):
            token = a.pair(key, f"u{index}")["wsToken"]
            assert verdict(token) == "valid"
            assert users.ask("DELETE", f"/u{index}").status == 200
            begun = time.monotonic()
            while (found := verdict(token)) == "valid":
                assert time.monotonic() < begun + 5
            delays.append(time.monotonic() - begun)
            assert found == "user_deactivated"
            assert a.verify(key, token, "ws")["code"] == "user_deactivated", "the node that was asked knows at once"
            refused = b.issue(key, {"userId": f"u{index}"})
            assert (refused.status, refused.code) == (403, "user_deactivated")
    evidence.note_figure(
        f"user deactivated on A, refused on B: p50 {1_000 * statistics.median(delays):.0f} ms, "
        f"worst {1_000 * max(delays):.0f} ms after A's answer, {len(delays)} times"
    )
    assert max(delays) < 2
    with cluster.serving(1) as (late,):
        assert late.verify(key, token, "ws")["code"] == "user_deactivated", "a node that starts later knows too"
        assert Users(late, admin).ask("POST", "/u19/reactivate").json["status"] == "active"
        time.sleep(0.01)
        fresh = late.pair(key, "u19")["wsToken"]
        end = time.monotonic() + 5
        while not b.verify(key, fresh, "ws")["valid"]:
            assert time.monotonic() < end
        assert b.verify(key, token, "ws")["code"] == "token_revoked", "what was taken stays taken"


def test_the_audit_log_tells_of_acts_and_names_nobody(deployment, server, users):
    users.put("audited")
    for method, path in [("DELETE", "/audited"), ("POST", "/audited/reactivate"), ("DELETE", "/audited?purge=true")]:
        assert users.ask(method, path).status in (200, 204)
    entries = deployment.rows("SELECT action, target, actor FROM audit_entry WHERE chain = 'acme' ORDER BY sequence DESC LIMIT 3")
    assert [action for action, _, _ in reversed(entries)] == ["user.deactivated", "user.reactivated", "user.purged"]
    assert len({target for _, target, _ in entries}) == 1 and "audited" not in json.dumps(entries)


def test_a_copy_of_the_database_knows_who_is_deactivated(make_deployment, tmp_path):
    deployment = make_deployment()
    deployment.tenant("acme")
    key, admin = deployment.key("acme"), deployment.key("acme", "--scope", "admin")
    with deployment.serve() as server:
        token = server.pair(key, "gone")["token"]
        assert Users(server, admin).ask("DELETE", "/gone").status == 200
    source = f"sqlite://{deployment.database}"
    moved = f"sqlite://{tmp_path}/moved.db"
    deployment.run("copy", "--from", source, "--to", moved)
    deployment.settings |= {"DATABASE_URL": moved, "MASTER_KEY_FILE": str(deployment.folder / "master.key")}
    with deployment.serve() as server:
        assert server.verify(key, token, "rest")["code"] == "user_deactivated"
        assert server.issue(key, {"userId": "gone"}).code == "user_deactivated"
