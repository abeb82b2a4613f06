"""API keys: what ends them, and what they never open."""

import jose
from deployment import eventually


def with_checksum(text: str) -> str:
    """An API key that is well-formed: its checksum fits, whatever its secret is."""
    import zlib

    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, out = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        out = digits[digit] + out
    return text + out


def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer(server, key):
    """Nobody learns which ids exist. No timing is measured here; the comparison itself has a test in Swift."""
    answers = set()
    for wrong in ("A" * 32, key[20:51] + ("A" if key[51] != "A" else "B")):
        text = with_checksum(key[:20] + wrong)
        answer = server.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": text})
        answers.add((answer.status, answer.code, answer.json["detail"], answer["WWW-Authenticate"]))
    unknown = with_checksum("chatsdk_" + "A" * 44)
    answer = server.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": unknown})
    answers.add((answer.status, answer.code, answer.json["detail"], answer["WWW-Authenticate"]))
    assert len(answers) == 1, "an unknown key and a wrong secret are told apart"


def test_a_revoked_key_stops_at_once_and_only_its_holder_learns_why(server, deployment):
    key = deployment.key("acme")
    server.pair(key)
    deployment.run("key", "revoke", key[8:20], "--reason", "test")
    answer = eventually(lambda: (found := server.issue(key, {"userId": "u"})).status == 401 and found, timeout=2)
    assert answer.code == "api_key_revoked" and answer.json["title"] == "Invalid API key"
    wrong = with_checksum(key[:20] + "A" * 32)
    assert server.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": wrong}).code == "api_key_invalid"


def test_an_expired_key_stops_by_itself(server, deployment):
    key = deployment.key("acme", "--expires-in", "2")
    server.pair(key)
    answer = eventually(lambda: (found := server.issue(key, {"userId": "u"})).status == 401 and found, timeout=5)
    assert answer.code == "api_key_expired"
    wrong = with_checksum(key[:20] + "A" * 32)
    assert server.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": wrong}).code == "api_key_invalid"


def test_a_rotated_secret_works_through_its_grace_and_not_beyond(server, deployment):
    old = deployment.key("acme")
    server.pair(old)
    new = deployment.run("key", "rotate", old[8:20], "--grace-seconds", "2")["apiKey"]
    eventually(lambda: server.issue(new, {"userId": "u"}).status == 200, timeout=2)
    assert new[:20] == old[:20] and new != old
    assert server.issue(old, {"userId": "u"}).status == 200, "within the grace"
    answer = eventually(lambda: (found := server.issue(old, {"userId": "u"})).status == 401 and found, timeout=5)
    assert answer.code in ("api_key_invalid", "api_key_expired", "api_key_revoked")
    assert server.issue(new, {"userId": "u"}).status == 200


def test_without_grace_the_old_secret_stops_at_once(server, deployment):
    old = deployment.key("acme")
    server.pair(old)
    new = deployment.run("key", "rotate", old[8:20])["apiKey"]
    eventually(lambda: server.issue(old, {"userId": "u"}).status == 401, timeout=2)
    assert server.issue(new, {"userId": "u"}).status == 200


def test_a_tenants_key_reaches_nothing_of_another_tenant(server, key, other_key):
    """Every route, with the key and the tokens of somebody else."""
    server.pair(other_key, {"userId": "secret-user", "name": "theirs", "custom": {"their": "data"}})
    theirs = server.pair(other_key, {"userId": "secret-user"})
    for token, kind in ((theirs["token"], "rest"), (theirs["wsToken"], "ws")):
        answers = [
            server.ask("POST", "/verify", {"token": token, "expect": kind, "include": ["user"]}, {"X-API-Key": key}),
            server.ask(
                "POST",
                "/verify/batch",
                {"tokens": [{"token": token, "expect": kind}], "include": ["user"]},
                {"X-API-Key": key},
            ),
            server.ask("GET", f"/verify?expect={kind}", headers={"X-API-Key": key, "Authorization": f"Bearer {token}"}),
        ]
        for answer in answers:
            assert b"secret-user" not in answer.body and b"theirs" not in answer.body
            assert b"token_issuer_unknown" in answer.body
            assert not answer.values("X-Chat-User")
    mine = server.pair(key, "secret-user")
    assert mine["user"] == {"id": "secret-user", "name": None, "image": None, "custom": None}
    assert jose.decode(mine["token"])[1]["client_id"] == "acme"


def test_a_token_is_no_api_key_and_an_api_key_no_token(server, key):
    pair = server.pair(key)
    assert server.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": pair["token"]}).code == "api_key_invalid"
    assert server.ask("POST", "/tokens", {"userId": "u"}, {"Authorization": f"Bearer {key}"}).code == "api_key_missing"
    assert server.code(key, key, "ws") == "token_malformed"


def test_keys_of_another_deployment_mean_nothing_here(server, make_deployment):
    stranger = make_deployment()
    stranger.tenant("acme")
    assert server.issue(stranger.key("acme"), {"userId": "u"}).code == "api_key_invalid"


def test_the_checksum_made_here_is_that_of_real_keys(key):
    """Else the keys above would be refused for their form and prove nothing."""
    assert with_checksum(key[:-6]) == key
