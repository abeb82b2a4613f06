"""What an API key is held to, keys of other systems, and keys that were found in the open."""

import base64
import hashlib
import json
import os
import socket
import ssl

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certificate import certificate
from deployment import Deployment, eventually
from http2 import ask_over_http_2

USER = {"userId": "u"}


def refusal(server, key: str) -> str | None:
    """Why the key gets no tokens; None: it gets some."""
    answer = server.issue(key, USER)
    return None if answer.status == 200 else answer.code


def ask(server, method: str, path: str, key: str, body: object = None, **headers: str):
    return server.ask(method, path, body, {"X-API-Key": key} | headers)


def test_a_key_held_to_addresses_opens_nothing_from_elsewhere(make_deployment):
    made = make_deployment(TRUSTED_PROXIES="127.0.0.0/8, 10.0.0.0/8")
    made.tenant("acme")
    key = made.key("acme", "--scope", "tokens:issue,tokens:verify,admin", "--allow", "192.0.2.0/24", "--allow", "2001:db8::/32")
    with made.serve() as server:
        for path, body in (("/tokens", {"userId": "u"}), ("/verify", {"token": "x", "expect": "ws"})):
            assert ask(server, "POST", path, key, body).code == "address_not_allowed"
            for list, status in (
                ("192.0.2.9", 200),
                ("203.0.113.1, 192.0.2.9", 200),
                ("192.0.2.9, 10.1.2.3", 200),
                ("2001:db8::1", 200),
                ("192.0.2.9, 203.0.113.1", 403),
                ("unknown", 403),
            ):
                answer = ask(server, "POST", path, key, body, **{"X-Forwarded-For": list})
                assert answer.status == status, (path, list, answer)
        assert ask(server, "GET", "/admin/tenant", key, **{"X-Forwarded-For": "203.0.113.1"}).status == 403
        assert ask(server, "GET", "/admin/tenant", key, **{"X-Forwarded-For": "192.0.2.1"}).status == 200
    made.settings.pop("TRUSTED_PROXIES")
    with made.serve() as server:
        answer = ask(server, "POST", "/tokens", key, {"userId": "u"}, **{"X-Forwarded-For": "192.0.2.9"})
        assert answer.code == "address_not_allowed", "nobody is believed unless told"


def test_the_addresses_hold_over_http_2(tmp_path_factory, program):
    folder = tmp_path_factory.mktemp("terms-tls")
    cert, private = certificate(folder, program("openssl"))
    made = Deployment(folder, TLS_CERTIFICATE=str(cert), TLS_KEY=str(private))
    made.initialize()
    made.tenant("acme")
    inside = made.key("acme", "--allow", "127.0.0.1")
    outside = made.key("acme", "--allow", "192.0.2.1")
    with made.serve() as server:
        for key, status in ((inside, "200"), (outside, "403")):
            trust = ssl.create_default_context(cafile=cert)
            asked = [("POST", "/tokens", {"userId": "u"}), ("GET", "/admin/keys/self", None)]
            for head, _ in ask_over_http_2(server, trust, asked, key):
                assert head[":status"] == status


def test_a_key_of_another_system_moves_without_a_new_one(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    old = "zmc_live_9f3kD.~x"
    digest = hashlib.sha256(old.encode()).hexdigest()
    with made.serve() as server:
        assert refusal(server, old) == "api_key_invalid"
        made.run("key", "import", "--tenant", "acme", "--name", "Old", "--prefix", "zmc_", "--sha256", digest)
        eventually(lambda: server.issue(old, USER).status == 200, timeout=3)
        own = ask(server, "GET", "/admin/keys/self", old).json
        assert own["importedPrefix"] == "zmc_" and own["name"] == "Old"
        eventually(lambda: ask(server, "GET", "/admin/keys/self", old).json["usageCount"] > 0, timeout=5)
        again = made.attempt("key", "import", "--tenant", "acme", "--name", "x", "--prefix", "zmc_", "--sha256", digest)
        assert again.returncode == 1 and "already" in again.stderr
        new = made.run("key", "rotate", own["id"], "--grace-seconds", "600")["apiKey"]
        eventually(lambda: server.issue(new, USER).status == 200, timeout=3)
        assert server.issue(old, USER).status == 200 and new.startswith("chatsdk_")
        made.run("key", "revoke", own["id"])
        eventually(lambda: refusal(server, new) == "api_key_revoked", timeout=3)
        assert server.issue(old, USER).status == 401


@pytest.fixture
def scanner(tmp_path):
    """Signs as GitHub does, and the file that publishes its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = tmp_path / "keys.json"
    path.write_text(
        json.dumps({"public_keys": [{"key_identifier": "scanner", "key": pem.decode(), "is_current": True}]})
    )

    def report(server, matches: list[dict], identifier: str = "scanner"):
        body = json.dumps(matches).encode()
        signature = base64.b64encode(private.sign(body, ec.ECDSA(hashes.SHA256()))).decode()
        return server.ask(
            "POST",
            "/leaks",
            body,
            {
                "Content-Type": "application/json",
                "GITHUB-PUBLIC-KEY-IDENTIFIER": identifier,
                "GITHUB-PUBLIC-KEY-SIGNATURE": signature,
            },
        )

    return path, report


def test_a_reported_key_is_out_of_use_on_every_node_until_it_is_released(make_cluster, scanner):
    path, report = scanner
    cluster = make_cluster(LEAK_KEYS_URL=str(path))
    cluster.tenant("leaky")
    key = cluster.key("leaky")
    with cluster.serving(3) as nodes:
        for node in nodes:
            node.pair(key)
        assert report(nodes[0], [{"token": key, "type": "t", "url": "x"}], "nobody").code == "signature_invalid"
        answer = report(nodes[0], [{"token": key, "type": "t", "url": "https://example.org/x"}, {"token": "a", "type": "t"}])
        assert [label["label"] for label in answer.json] == ["true_positive", "false_positive"], answer
        digest = base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()
        assert answer.json[0]["token_hash"] == digest
        assert refusal(nodes[0], key) == "api_key_quarantined", "with the answer"
        for node in nodes:
            eventually(lambda node=node: refusal(node, key) == "api_key_quarantined", timeout=2)
        released = cluster.run("key", "release", key[:20])
        assert released["status"] == "active" and released["leakedWhere"] == "https://example.org/x"
        for node in nodes:
            eventually(lambda node=node: node.issue(key, USER).status == 200, timeout=2)


def test_nobody_reports_unless_the_deployment_names_who_may(deployment, server):
    answer = server.ask("POST", "/leaks", [{"token": "x", "type": "t"}])
    assert answer.status == 403 and answer.code == "access_denied"


def test_keys_are_found_in_files_by_prefix_and_checksum(make_deployment, tmp_path):
    made = make_deployment()
    made.tenant("acme")
    first, second, third = (made.key("acme") for _ in range(3))
    tree = tmp_path / "tree"
    (tree / "deep" / ".git").mkdir(parents=True)
    (tree / "clean.txt").write_text(first[:-1] + "\n" + first[:20])
    (tree / "deep" / "config.env").write_text(f"# ä\n\nKEY={first}\n{second}{third}\n")
    (tree / "deep" / ".git" / "packed").write_text(first)
    (tree / "image.png").write_bytes(b"\x89PNG\0\0" + first.encode())
    # A key over the border of two pieces that are read, behind many lines.
    (tree / "long.log").write_text("x" * 99 + "\n" + ("y" * 1023 + "\n") * 255 + "z" * 900 + first + "\n")
    (tree / "link").symlink_to(tree / "deep" / "config.env")
    done = made.attempt("key", "scan", "--json", tree)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [(entry["file"], entry["line"], entry["preview"]) for entry in found["findings"]] == [
        (f"{tree}/deep/config.env", 3, first[:20]),
        (f"{tree}/deep/config.env", 4, second[:20]),
        (f"{tree}/deep/config.env", 4, third[:20]),
        (f"{tree}/long.log", 257, first[:20]),
    ]
    assert found["files"] == 3 and found["skipped"] == 2
    said = made.attempt("key", "scan", tree)
    assert f"{tree}/deep/config.env:3" in said.stdout
    for secret in (first, second, third):
        assert secret[20:52] not in done.stdout + done.stderr + said.stdout + said.stderr
    binary = made.attempt("key", "scan", "--json", "--binary", tree / "image.png")
    assert binary.returncode == 1 and len(json.loads(binary.stdout)["findings"]) == 1
    clean = made.attempt("key", "scan", "--json", tree / "clean.txt")
    assert clean.returncode == 0 and json.loads(clean.stdout)["findings"] == []
    assert made.attempt("key", "scan", tree / "absent").returncode == 1


def test_a_scan_reads_files_and_nothing_that_never_ends(make_deployment, tmp_path):
    """A pipe that nobody writes to would be waited for, a device read for ever."""
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "notes.txt").write_text(key)
    os.mkfifo(tree / "pipe")
    (tree / "zeros").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
        done = made.attempt("key", "scan", "--json", "--binary", tree)
    found = json.loads(done.stdout)
    assert done.returncode == 1 and len(found["findings"]) == 1
    assert found["files"] == 1 and found["skipped"] == 3
    for path in (tree / "pipe", tree / "zeros", "/dev/zero"):
        done = made.attempt("key", "scan", "--json", "--binary", path)
        assert done.returncode == 1 and f"{path} is neither a file nor a folder" in done.stderr, done
    (tree / "link").symlink_to(tree / "notes.txt")
    (tmp_path / "linked").symlink_to(tree)
    for path in (tree / "link", tmp_path / "linked"):
        done = made.attempt("key", "scan", "--json", path)
        assert len(json.loads(done.stdout)["findings"]) == 1, "a link that is named is followed"


def test_a_scan_quarantines_what_is_this_deployments(make_deployment, tmp_path):
    made, other = make_deployment(), make_deployment()
    for each in (made, other):
        each.tenant("acme")
    key, foreign = made.key("acme"), other.key("acme")
    path = tmp_path / "notes.txt"
    path.write_text(f"{foreign}\n{key}\n")
    with made.serve() as server:
        server.pair(key)
        done = made.attempt("key", "scan", "--json", "--quarantine", path)
        assert done.returncode == 1
        assert [entry["status"] for entry in json.loads(done.stdout)["findings"]] == ["unknown", "quarantined"]
        eventually(lambda: refusal(server, key) == "api_key_quarantined", timeout=3)
    listed = made.run("key", "list", "--tenant", "acme")["keys"]
    assert [found["leakedWhere"] for found in listed if found["status"] == "quarantined"] == [f"{path}:2"]


def test_a_setting_that_is_wrong_stops_the_start(make_deployment):
    made = make_deployment()
    wrong = {"LEAK_KEYS_URL": "/absent/keys.json", "LEAK_ACTION": "ignore", "TRUSTED_PROXIES": "10.0.0.1/8"}
    done = made.attempt("config", **wrong)
    assert done.returncode == 78 and all(f"CHAT_TOKENS_{name}" in done.stderr for name in wrong)
