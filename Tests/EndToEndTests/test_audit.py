"""What is done is written down, in a chain that nobody can change unnoticed."""

import hashlib
import json
import pathlib
import sqlite3

import pytest

import evidence
from deployment import Deployment, eventually, id_of

ZERO = "0" * 64


def outsider(path: pathlib.Path) -> int:
    """Verifies an export by what the documentation says of it, and by nothing of ours; the number of entries."""
    count, last = 0, None
    for line in path.read_bytes().splitlines():
        if not line.startswith(b'{"entry":'):
            continue
        entry, hashes = line[9:-153], json.loads(b"{" + line[-152:])
        previous = hashes["previous"]
        assert hashlib.sha256(bytes.fromhex(previous) + entry).hexdigest() == hashes["hash"]
        sequence = json.loads(entry)["sequence"]
        if last is None:
            assert sequence > 1 or previous == ZERO
        else:
            assert (sequence, previous) == (last[0] + 1, last[1])
        last, count = (sequence, hashes["hash"]), count + 1
    return count


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def place(request, tmp_path_factory) -> Deployment:
    """A deployment with a tenant acme."""
    if request.param == "SQLite":
        made = Deployment(tmp_path_factory.mktemp("deployment"))
    else:
        from cluster import Cluster

        made = Cluster(tmp_path_factory.mktemp("cluster"), request.getfixturevalue("postgres"))
    made.initialize()
    made.tenant("acme")
    return made


def entries(deployment: Deployment, *log: str) -> list[dict]:
    """The entries of an export, oldest first."""
    done = deployment.attempt("audit", "export", *log)
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["entry"] for line in done.stdout.splitlines() if line.startswith('{"entry"')]


def export(deployment: Deployment, name: str, *log: str) -> pathlib.Path:
    path = deployment.folder / name
    done = deployment.attempt("audit", "export", *(log or ("--tenant", "acme")))
    assert done.returncode == 0, done.stderr
    path.write_text(done.stdout)
    return path


def keys(deployment: Deployment) -> pathlib.Path:
    path = deployment.folder / "audit-keys.json"
    path.write_text(deployment.attempt("audit", "keys").stdout)
    return path


def verify(deployment: Deployment, path: pathlib.Path, *flags: object) -> dict:
    done = deployment.attempt("audit", "verify", path, "--key", keys(deployment), *flags, "--json")
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["valid"] else 1), done
    return report


def test_every_act_through_the_api_is_found_with_who_where_and_what(place):
    root = place.run("key", "create", "--operator", "--name", "root")["apiKey"]
    admin = place.key("acme", "--scope", "admin")
    who = f"key {id_of(admin)}"
    with place.serve() as server:
        number = 0

        def act(method: str, path: str, body: object = None, key: str = admin, **more: str):
            nonlocal number
            number += 1
            answer = server.ask(
                method, path, {} if body is None else body, {"X-API-Key": key, "X-Request-ID": f"act-{number}"} | more
            )
            assert answer.status in (200, 201), answer
            evidence.note_document(answer.json)
            return answer.json

        key = act("POST", "/admin/keys", {"name": "K", "scopes": ["tokens:issue"]})
        act("PATCH", f"/admin/keys/{key['id']}", {"name": "L"})
        rotated = act("POST", f"/admin/keys/{key['id']}/rotate", {"graceSeconds": 60})
        act("POST", f"/admin/keys/{key['id']}/revoke", {"reason": "leaked"})
        one, other = act("POST", "/admin/signing-keys")["kid"], act("POST", "/admin/signing-keys")["kid"]
        former = act("GET", "/admin/signing-keys")["signingKeys"][0]["kid"]
        act("POST", f"/admin/signing-keys/{one}/activate")
        act("POST", f"/admin/signing-keys/{other}/retire")
        act("POST", f"/admin/signing-keys/{former}/revoke")
        act("PATCH", "/admin/tenant", {"name": "Acme Ltd"})
        act("PATCH", "/operator/tenants/acme", {"rate": 77}, root)
        act("POST", "/operator/tenants/acme/suspend", key=root)
        act("POST", "/operator/tenants/acme/resume", key=root)
        act("POST", "/operator/tenants", {"id": "gone"}, root)
        act("DELETE", "/operator/tenants/gone", key=root)
        page = act("GET", "/admin/audit?limit=12")
        assert [entry["sequence"] for entry in page["entries"]] == sorted(
            (entry["sequence"] for entry in page["entries"]), reverse=True
        )
        rest = act("GET", f"/admin/audit?limit=500&cursor={page['nextCursor']}")
        found = {entry["requestId"]: entry for entry in page["entries"] + rest["entries"] if entry["requestId"]}
        expected = [
            ("act-1", "key.created", f"key {key['id']}"), ("act-2", "key.changed", f"key {key['id']}"),
            ("act-3", "key.rotated", f"key {key['id']}"), ("act-4", "key.revoked", f"key {key['id']}"),
            ("act-5", "signing_key.created", f"signing_key {one}"),
            ("act-8", "signing_key.activated", f"signing_key {one}"),
            ("act-9", "signing_key.retired", f"signing_key {other}"),
            ("act-10", "signing_key.revoked", f"signing_key {former}"), ("act-11", "tenant.changed", None),
            ("act-12", "tenant.changed", None), ("act-13", "tenant.suspended", None),
            ("act-14", "tenant.resumed", None),
        ]
        for request, action, target in expected:
            entry = found[request]
            assert (entry["action"], entry["target"]) == (action, target), entry
            assert entry["tenant"] == "acme" and entry["count"] == 1 and entry["address"] == "127.0.0.1"
            assert entry["actor"] == (who if int(request[4:]) < 12 else f"operator key {id_of(root)}")
        assert (found["act-2"]["before"], found["act-2"]["after"]) == ({"name": "K"}, {"name": "L"})
        assert found["act-12"]["after"] == {"overrides": {"burst": 1_000_000, "quota": 1_000_000_000, "rate": 77}}
        assert [e["requestId"] for e in act("GET", "/admin/audit?action=key.rotated")["entries"]] == ["act-3"]
        assert act("GET", "/admin/audit?action=key.rotated&from=2036-01-01")["entries"] == []
        gone = {e["action"] for e in act("GET", "/admin/audit", key=root, **{"X-Chat-Tenant": "gone"})["entries"]}
        assert gone == {"tenant.created", "tenant.deleted"}
        assert {e["action"] for e in act("GET", "/operator/audit", key=root)["entries"]} >= {"key.created"}
        streamed = server.ask("GET", "/admin/audit/export", headers={"X-API-Key": admin})
        assert streamed.status == 200 and streamed["content-type"] == "application/x-ndjson"
        published = server.ask("GET", "/.well-known/audit-keys.json")
        assert published.json == json.loads(keys(place).read_text())
    path = place.folder / "streamed.jsonl"
    path.write_bytes(streamed.body)
    report = verify(place, path)
    assert report["valid"] and report["signaturesChecked"] and report["entries"] == outsider(path) >= 13
    text = path.read_text()
    for secret in (key["apiKey"], rotated["apiKey"], admin, root):
        assert secret not in text and secret.split("_")[1][12:] not in text


def test_every_act_of_the_command_line_is_found(place):
    run = place.run
    run("tenant", "create", "cli")
    run("tenant", "update", "cli", "--name", "CLI")
    run("tenant", "suspend", "cli")
    run("tenant", "resume", "cli")
    key = run("key", "create", "--tenant", "cli", "--name", "k")
    run("key", "rotate", key["id"])
    run("key", "revoke", key["id"], "--reason", "done")
    kid = run("signing-key", "rotate", "--tenant", "cli")["kid"]
    run("signing-key", "activate", "--tenant", "cli", "--", kid)
    secret = run("signing-key", "export", "--private", "--tenant", "cli")
    spare = run("signing-key", "create", "--tenant", "cli")["kid"]
    run("signing-key", "retire", "--tenant", "cli", "--", spare)
    run("signing-key", "revoke", "--replace", "--tenant", "cli", "--", kid)
    found = entries(place, "--tenant", "cli")
    assert [entry["action"] for entry in found] == [
        "tenant.created", "tenant.changed", "tenant.suspended", "tenant.resumed", "key.created", "key.rotated",
        "key.revoked", "signing_key.created", "signing_key.activated", "signing_key.exported", "signing_key.created",
        "signing_key.retired", "signing_key.created", "signing_key.revoked",
    ]
    assert {(entry["actor"], entry["address"], entry["requestId"]) for entry in found} == {("cli", None, None)}
    exported = next(entry for entry in found if entry["action"] == "signing_key.exported")
    assert exported["target"] == f"signing_key {secret['kid']}"
    text = json.dumps(found)
    assert secret["k"] not in text and key["apiKey"][20:] not in text
    assert entries(place, "--tenant", "cli", ) == found, "an export changes nothing"


def test_refused_keys_and_other_tenants_are_told_with_a_count(place):
    place.tenant("victim")
    admin = place.key("acme", "--scope", "admin")
    revoked = place.run("key", "create", "--tenant", "acme", "--name", "r")
    place.run("key", "revoke", revoked["id"])
    # The text of a key that was given another secret since is well-formed, known and wrong.
    stale = place.run("key", "create", "--tenant", "acme", "--name", "s")
    place.run("key", "rotate", stale["id"])
    node = place.node_key()
    with place.serve() as server:
        token = server.pair(place.key("victim"))["token"]
        before = len(entries(place, "--tenant", "acme"))
        for _ in range(40):
            assert server.issue(revoked["apiKey"], "u").code == "api_key_revoked"
        for _ in range(7):
            assert server.issue(stale["apiKey"], "u").code == "api_key_invalid"
            answer = server.ask("GET", "/admin/tenant", headers={"X-API-Key": admin, "X-Chat-Tenant": "victim"})
            assert answer.code == "access_denied"
        assert server.verify(node, token, "rest")["valid"]

        def told(action: str) -> list[dict]:
            return [entry for entry in entries(place, "--tenant", "acme")[before:] if entry["action"] == action]

        eventually(lambda: len(told("access.credentials_refused")) >= 2 and told("access.refused"), 10)
    # What came after the first entry of its kind is stored when the server stops.
    refused = told("access.credentials_refused")
    sums: dict = {}
    for entry in refused:
        sums[entry["after"]["reason"]] = sums.get(entry["after"]["reason"], 0) + entry["count"]
        assert entry["actor"] in (f"key {revoked['id']}", f"key {stale['id']}")
        assert entry["address"] == "127.0.0.1"
    assert sums == {"revoked": 40, "wrong_secret": 7}
    assert len(refused) <= 4, "a count, not a row for each"
    strays = told("access.refused")
    assert sum(entry["count"] for entry in strays) == 7 and strays[0]["target"] == "tenant victim"
    first = [entry["actor"] for entry in entries(place, "--tenant", "victim") if entry["action"] == "key.first_used"]
    assert len(first) == 1
    assert [e["action"] for e in entries(place, "--operator") if e["actor"] == f"key {id_of(node)}"] == [
        "key.first_used"
    ]


class Tampering:
    """An export, and what somebody made of it."""

    def __init__(self, place: Deployment):
        self.place, self.lines = place, export(place, "whole.jsonl").read_text().splitlines()
        assert len(self.lines) > 8

    def verdict(self, lines: list[str], *flags: object) -> dict:
        path = self.place.folder / "tampered.jsonl"
        path.write_text("".join(line + "\n" for line in lines))
        report = verify(self.place, path, *flags)
        assert not report["valid"]
        return report["brokenLink"]


@pytest.fixture(scope="module")
def tampering(place) -> Tampering:
    for number in range(8):
        place.run("tenant", "update", "acme", "--name", f"Name {number}")
    return Tampering(place)


def rehashed(line: str, change) -> str:
    """The entry of a line changed, with a hash that fits it again."""
    raw = line.encode()
    entry, previous = json.loads(raw[9:-153]), json.loads(b"{" + raw[-152:])["previous"]
    text = json.dumps(change(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()
    return f'{{"entry":{text},"hash":"{digest}","previous":"{previous}"}}'


def test_an_untouched_export_is_in_order(place, tampering):
    path = place.folder / "whole.jsonl"
    report = verify(place, path)
    checkpoints = sum(line.startswith('{"checkpoint"') for line in tampering.lines)
    assert report["valid"] and report["checkpoints"] == checkpoints
    assert report["entries"] == len(tampering.lines) - 1 - checkpoints == outsider(path)
    assert place.attempt("audit", "verify", "-", stdin=path.read_text()).returncode == 0
    assert "Signatures were not checked" in place.attempt("audit", "verify", path).stdout


def test_a_changed_entry_is_named(tampering):
    lines = list(tampering.lines)
    lines[3] = lines[3].replace('"actor":"', '"actor":"x')
    broken = tampering.verdict(lines)
    assert (broken["line"], broken["sequence"]) == (4, 4) and "was changed" in broken["why"]


def test_a_changed_entry_with_a_new_hash_is_noticed_at_the_next(tampering):
    lines = list(tampering.lines)
    lines[3] = rehashed(lines[3], lambda entry: entry | {"actor": "nobody"})
    broken = tampering.verdict(lines)
    assert (broken["line"], broken["sequence"]) == (5, 5) and "hashed anew" in broken["why"]


def test_a_deleted_entry_is_named(tampering):
    broken = tampering.verdict(tampering.lines[:3] + tampering.lines[4:])
    assert (broken["line"], broken["sequence"]) == (4, 5) and "missing before it" in broken["why"]


def test_swapped_entries_are_named(tampering):
    lines = list(tampering.lines)
    lines[3], lines[4] = lines[4], lines[3]
    assert tampering.verdict(lines)["line"] == 4
    repeated = tampering.verdict(tampering.lines[:4] + tampering.lines[3:])
    assert repeated["line"] == 5 and "repeated" in repeated["why"]


def test_a_cut_off_end_is_named(tampering):
    broken = tampering.verdict(tampering.lines[:-1])
    assert broken["line"] == len(tampering.lines) and "cut off" in broken["why"]
    broken = tampering.verdict(tampering.lines[:-3] + tampering.lines[-1:])
    assert "seals other entries" in broken["why"]
    assert "seals other entries" in tampering.verdict(tampering.lines[1:])["why"]
    assert "follows the seal" in tampering.verdict(tampering.lines + tampering.lines[:1])["why"]
    assert tampering.verdict(tampering.lines + ["{}"])["line"] == len(tampering.lines) + 1


def test_a_whole_log_made_up_anew_lacks_the_signature(place, tampering):
    lines, previous = [], ZERO
    for line in filter(lambda line: line.startswith('{"entry"'), tampering.lines):
        entry = json.loads(line)["entry"] | {"actor": "somebody else"}
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()
        lines.append(f'{{"entry":{text},"hash":"{digest}","previous":"{previous}"}}')
        previous = digest
    assert "seals another log" in tampering.verdict(lines + tampering.lines[-1:])["why"]
    head, payload, signature = json.loads(tampering.lines[-1])["seal"].split(".")
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]
    broken = tampering.verdict(tampering.lines[:-1] + [json.dumps({"seal": f"{head}.{payload}.{flipped}"})])
    assert "wrong signature" in broken["why"]


def test_what_is_rewritten_or_cut_off_in_the_database_differs_from_an_earlier_export(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    for number in range(4):
        deployment.run("tenant", "update", "acme", "--name", f"Name {number}")
    earlier = export(deployment, "earlier.jsonl")
    deployment.run("tenant", "update", "acme", "--name", "Last")
    assert verify(deployment, export(deployment, "later.jsonl"), "--earlier", earlier)["valid"]
    with sqlite3.connect(deployment.database) as database:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("DELETE FROM audit_entry WHERE sequence > 3")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("UPDATE audit_entry SET actor = 'nobody'")
        # Whoever owns the file can do more: take the end away, and the head back.
        database.execute("DROP TRIGGER audit_entry_kept")
        database.execute("DELETE FROM audit_entry WHERE chain = 'acme' AND sequence > 3")
        database.execute(
            "UPDATE audit_head SET (sequence, hash) = (SELECT 3, hash FROM audit_entry WHERE chain = 'acme' AND "
            "sequence = 3) WHERE chain = 'acme'"
        )
    cut = export(deployment, "cut.jsonl")
    assert verify(deployment, cut)["valid"], "by itself it is a shorter log"
    broken = verify(deployment, cut, "--earlier", earlier)["brokenLink"]
    assert broken["sequence"] == 4 and "entry 5 was there before" in broken["why"]
    third = json.loads(cut.read_text().splitlines()[2])["hash"]
    assert verify(deployment, cut, "--contains", f"3:{third}")["valid"]
    assert verify(deployment, cut, "--contains", f"2:{third}")["brokenLink"]["line"] == 2
    for number in range(4):
        deployment.run("tenant", "update", "acme", "--name", f"Other {number}")
    broken = verify(deployment, export(deployment, "anew.jsonl"), "--earlier", earlier)["brokenLink"]
    assert broken["sequence"] == 5 and "rewritten" in broken["why"]


def test_an_act_fails_where_its_entry_cannot_be_stored(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    with sqlite3.connect(deployment.database) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        )
    assert deployment.attempt("tenant", "suspend", "acme").returncode == 1
    assert deployment.run("tenant", "show", "acme")["status"] == "active"
    assert deployment.attempt("signing-key", "export", "--private", "--tenant", "acme").stdout == ""


def test_whole_old_months_can_be_pruned_and_the_rest_verified(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    for number in range(3):
        deployment.run("tenant", "update", "acme", "--name", f"Name {number}")
    assert deployment.run("prune", "--keep-months", "1", "--keep-audit-months", "1")["dropped"] == []
    with sqlite3.connect(deployment.database) as database:
        database.execute("DROP TRIGGER audit_entry_unchanged")
        database.execute("UPDATE audit_entry SET month = 202001 WHERE chain = 'acme' AND sequence < 3")
    assert deployment.run("prune", "--keep-months", "1", "--keep-audit-months", "1")["dropped"] == [
        "2 entries of audit_entry"
    ]
    report = verify(deployment, export(deployment, "rest.jsonl"))
    assert report["valid"] and (report["first"], report["last"]) == (3, 4)
    assert [entry["action"] for entry in entries(deployment, "--operator")].count("audit.pruned") == 2
