"""People register, log in, invite each other, and cannot be locked out or led astray."""

import concurrent.futures
import contextlib
import json
import pathlib
import sqlite3
import sys
import time

import pytest

import evidence
import jose
from deployment import Deployment, Server
from load import Load

PASSWORD = "four sheep on a hill"


def ask(server, method: str, path: str, body: object = None, session: str | None = None, **headers: str):
    """A request, in a session if there is one; underscores in the names of fields become hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if session:
        fields["Authorization"] = f"Bearer {session}"
    return server.ask(method, path, body, fields)


def register(server, name: str, tenant: str | None = None):
    body = {"email": f"{name}@example.org", "password": PASSWORD, "tenant": {"id": tenant or name}}
    answer = ask(server, "POST", "/auth/register", body)
    assert answer.status == 201, answer
    evidence.note_secret("password", PASSWORD)
    evidence.note_secret("session", answer.json["session"]["token"])
    return answer.json


def login(server, name: str, password: str = PASSWORD, **headers: str):
    return ask(server, "POST", "/auth/login", {"email": f"{name}@example.org", "password": password}, **headers)


def cookies(answer) -> dict[str, str]:
    """The cookies that an answer sets, each with its attributes."""
    return {field.split("=", 1)[0]: field for field in answer.values("Set-Cookie")}


def test_register_key_token(server, deployment):
    """Three requests from nothing to a token pair, the last two of them as a program makes them."""
    made = register(server, "ann")
    pair = server.pair(made["apiKey"], {"userId": "user-1", "name": "Alice"})
    _, claims, _ = jose.decode(pair["token"])
    assert claims["client_id"] == "ann" and claims["akid"] == made["key"]["id"]
    session = made["session"]["token"]
    created = ask(server, "POST", "/admin/keys", {"name": "Second"}, session)
    assert created.status == 201 and server.issue(created.json["apiKey"], {"userId": "user-2"}).status == 200
    revoked = ask(server, "POST", f"/admin/keys/{created.json['id']}/revoke", {}, session)
    assert revoked.json["revokedBy"] == f"account {made['account']['id']}"


def test_what_is_stored_opens_nothing(server, deployment):
    made = register(server, "stored")
    session = made["session"]
    dump = json.dumps(
        [
            [value.hex() if isinstance(value, bytes) else value for value in row]
            for table in ("account", "session", "membership", "invitation")
            for row in deployment.rows(f"SELECT * FROM {table}")
        ]
    )
    assert "$scrypt$ln=15,r=8,p=3$" in dump
    for secret in (PASSWORD, session["token"], session["token"].split(".")[2], session["csrfToken"]):
        assert secret not in dump


def test_a_conflict_leaves_nothing_and_says_what_is_taken(server, deployment):
    register(server, "taken")
    for email, tenant, word in (("other", "taken", "tenant"), ("TAKEN", "free", "e-mail")):
        body = {"email": f"{email}@example.org", "password": PASSWORD, "tenant": {"id": tenant}}
        answer = ask(server, "POST", "/auth/register", body)
        assert answer.status == 409 and word in answer.json["detail"]
    assert deployment.rows("SELECT count(*) FROM tenant WHERE tenant_id = 'free'") == [(0,)]
    assert login(server, "other").code == "credentials_invalid"


def test_the_cookie_logs_a_browser_in_and_no_other_site_can_use_it(server):
    made = login(server, "ann")
    jar = cookies(made)
    # On the machine itself, over plain HTTP, browsers would not keep a Secure cookie.
    attributes = "Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"
    assert jar["chat_session"] == f"chat_session={made.json['session']['token']}; {attributes}"
    cookie = jar["chat_session"].split(";")[0]
    me = ask(server, "GET", "/auth/me", Cookie=cookie)
    assert me.status == 200
    csrf = me.json["session"]["csrfToken"]
    refused = [
        {},
        {"X_CSRF_Token": "x"},
        {"X_CSRF_Token": csrf, "Origin": "https://evil.example"},
        {"X_CSRF_Token": csrf, "Sec_Fetch_Site": "cross-site"},
    ]
    for fields in refused:
        answer = ask(server, "POST", "/admin/keys", {"name": "forged"}, Cookie=cookie, **fields)
        assert (answer.status, answer.code) == (403, "csrf_failed"), fields
    made = ask(server, "POST", "/admin/keys", {"name": "own"}, Cookie=cookie, X_CSRF_Token=csrf, Origin=server.url)
    assert made.status == 201
    names = [key["name"] for key in ask(server, "GET", "/admin/keys", Cookie=cookie).json["keys"]]
    assert "own" in names and "forged" not in names


def test_cookies_are_secure_wherever_the_server_is_known_by_another_name(make_deployment):
    deployment = make_deployment(PUBLIC_URL="https://chat.example.org")
    with deployment.serve() as server:
        body = {"email": "ann@example.org", "password": PASSWORD, "tenant": {"id": "ann"}}
        for name, cookie in cookies(ask(server, "POST", "/auth/register", body)).items():
            assert name.startswith("__Host-chat_")
            assert cookie.endswith("; HttpOnly; SameSite=Lax; Secure") and "; Path=/;" in cookie
            assert "Domain" not in cookie


def test_a_session_outlives_the_server_and_ends_everywhere_at_once(make_deployment):
    deployment = make_deployment()
    with deployment.serve() as server:
        first = register(server, "ann")["session"]["token"]
        second = login(server, "ann").json["session"]
    with deployment.serve() as server:
        sessions = ask(server, "GET", "/auth/sessions", session=first).json["sessions"]
        assert len(sessions) == 2 and sum(entry["current"] for entry in sessions) == 1
        assert ask(server, "DELETE", f"/auth/sessions/{second['id']}", session=first).status == 204
        assert ask(server, "GET", "/auth/me", session=second["token"]).code == "session_invalid"
        change = {"currentPassword": PASSWORD, "newPassword": "five goats by the sea"}
        third = login(server, "ann").json["session"]["token"]
        assert ask(server, "POST", "/auth/password", change, first).json == {"endedSessions": 1}
        assert ask(server, "GET", "/auth/me", session=third).code == "session_invalid"
        assert login(server, "ann").code == "credentials_invalid"
        assert login(server, "ann", "five goats by the sea").status == 200
        assert ask(server, "POST", "/auth/logout", session=first).status == 204
        assert ask(server, "GET", "/auth/me", session=first).code == "session_invalid"


def test_an_invitation_makes_a_member_once_and_roles_hold(server):
    owner = register(server, "inviter")["session"]["token"]
    invited = ask(server, "POST", "/admin/invitations", {"role": "viewer"}, owner)
    assert invited.status == 201 and invited.json["link"].startswith(f"{server.url}/dashboard/invitation#")
    body = {"token": invited.json["token"], "password": PASSWORD}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        guests = [body | {"email": f"guest{number}@example.org"} for number in range(4)]
        answers = list(pool.map(lambda guest: ask(server, "POST", "/auth/invitations/accept", guest), guests))
    joined = [answer for answer in answers if answer.status == 201]
    assert len(joined) == 1 and {answer.status for answer in answers} == {201, 422}
    guest = joined[0].json["session"]["token"]
    assert ask(server, "GET", "/admin/keys", session=guest).status == 200
    assert ask(server, "POST", "/admin/keys", {"name": "x"}, guest).code == "access_denied"
    assert ask(server, "GET", "/admin/invitations", session=guest).code == "access_denied"


def test_of_two_owners_who_all_leave_at_once_one_stays(server):
    made = register(server, "pair")
    first, owner = made["session"]["token"], made["account"]["id"]
    invited = ask(server, "POST", "/admin/invitations", {"role": "owner"}, first).json["token"]
    guest = {"token": invited, "email": "pair2@example.org", "password": PASSWORD}
    joined = ask(server, "POST", "/auth/invitations/accept", guest).json
    second, other = joined["session"]["token"], joined["account"]["id"]
    tries = [(first, owner), (second, other)] * 5
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda it: ask(server, "DELETE", f"/admin/members/{it[1]}", session=it[0]), tries))
    assert sum(answer.status == 204 for answer in answers) == 1
    assert {answer.status for answer in answers} <= {204, 403, 404, 422}
    left = [it for it in (first, second) if ask(server, "GET", "/admin/members", session=it).status == 200]
    members = ask(server, "GET", "/admin/members", session=left[0]).json["members"]
    assert len(left) == 1 and [member["role"] for member in members] == ["owner"]


def test_guessing_is_held_back_and_the_victim_is_not_locked_out(make_deployment):
    """The attacker is on an address of his own; the victim logs in from another one, and from a known device."""
    deployment = make_deployment(TRUSTED_PROXIES="127.0.0.1")
    with deployment.serve() as server:
        register(server, "victim")
        device = cookies(login(server, "victim"))["chat_device"].split(";")[0]
        attacker = {"X_Forwarded_For": "203.0.113.66"}
        answers = [login(server, "victim", f"guess {n}", **attacker) for n in range(15)]
        assert [answer.status for answer in answers] == [401] * 10 + [429] * 5
        assert all(1 <= int(answer["Retry-After"]) <= 90 for answer in answers[10:])
        assert login(server, "victim", **attacker).status == 429, "not even the right one is looked at"
        assert login(server, "victim", X_Forwarded_For="198.51.100.7").status == 200, "the victim, elsewhere"
        assert login(server, "victim", Cookie=device, **attacker).status == 200, "a known device in the same network"
        unknown = [login(server, "nobody", "guess", X_Forwarded_For="203.0.113.67").status for n in range(11)]
        assert unknown == [401] * 10 + [429], "an account that is not there is held back alike"


def test_a_storm_of_logins_leaves_the_issuing_of_tokens_alone(make_deployment):
    """The queue of passwords is bounded, what is beyond gets 503, and every token request is answered."""
    deployment = make_deployment(TRUSTED_PROXIES="127.0.0.1")
    deployment.tenant("acme")
    with deployment.serve() as server:
        key = deployment.key("acme")
        statuses: dict[int, int] = {}

        def storm(number: int) -> None:
            body = {"email": f"nobody{number}@example.org", "password": "x"}
            with server.wire(timeout=120) as wire:
                fields = {"X-Forwarded-For": f"203.0.{number // 250}.{number % 250}"}
                answer = wire.ask("POST", "/auth/login", body, fields)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            assert answer.status in (401, 503), answer
            assert answer.status == 401 or (answer.code == "overloaded" and int(answer["Retry-After"]) >= 1)

        def rate(seconds: float) -> float:
            with Load(server, key, writers=4) as load:
                time.sleep(seconds)
            assert set(load.statuses) == {200} and not load.failures
            return load.statuses[200] / seconds

        calm = rate(2)
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            futures = [pool.submit(storm, number) for number in range(400)]
            stormy = rate(2)
            for future in futures:
                future.result()
        assert statuses[503] > 0 and statuses[401] > 0, statuses
        evidence.note_figure(
            f"login storm: {stormy:,.0f} tokens/s beside it, {calm:,.0f} without; {statuses[401]} passwords hashed, "
            f"{statuses[503]} turned away"
        )


@pytest.mark.parametrize("path", ["/auth/me", "/auth/sessions", "/admin/members"])
def test_nobody_in_particular_gets_nothing(server, path):
    assert ask(server, "GET", path).status == 401
    assert ask(server, "GET", path, session="a.b.c").code == "session_invalid"


def test_the_operator_makes_accounts_and_resets_passwords(make_deployment):
    """The password comes from the standard input; it is held to the same rules as everywhere."""
    deployment = make_deployment()
    deployment.tenant("acme")
    create = ("account", "create", "root@example.org", "--tenant", "acme", "--role", "owner")
    for bad in ("", "password1\n"):
        done = deployment.attempt(*create, stdin=bad)
        assert done.returncode == 1 and "password" in done.stderr and done.stdout == ""
    assert deployment.run(*create, stdin=PASSWORD + "\n")["email"] == "root@example.org"
    assert deployment.attempt(*create, stdin=PASSWORD).returncode == 1, "the address is taken"
    assert [it["role"] for it in deployment.run("account", "list", "--tenant", "acme")["members"]] == ["owner"]
    with deployment.serve() as server:
        session = login(server, "root").json["session"]["token"]
        assert ask(server, "GET", "/admin/members", session=session).status == 200
        reset = deployment.run("account", "reset-password", "root@example.org", stdin="five goats by the sea")
        assert reset == {"email": "root@example.org", "endedSessions": 1}
        assert ask(server, "GET", "/auth/me", session=session).code == "session_invalid"
        assert login(server, "root").code == "credentials_invalid"
        assert login(server, "root", "five goats by the sea").status == 200


def test_what_has_ended_is_pruned_and_counted_for_nothing_before(make_deployment):
    deployment = make_deployment()
    with deployment.serve() as server:
        session = register(server, "ann")["session"]["token"]
        gone = login(server, "ann").json["session"]
        with contextlib.closing(sqlite3.connect(deployment.database, timeout=30)) as database, database:
            database.execute("UPDATE session SET expires_at = 1 WHERE session_id = ?", (gone["id"],))
        assert ask(server, "GET", "/auth/me", session=gone["token"]).code == "session_invalid"
        assert deployment.run("prune", "--keep-months", "1")["dropped"] == ["1 sessions and invitations that have ended"]
        assert deployment.run("prune", "--keep-months", "1")["dropped"] == []
        assert ask(server, "GET", "/auth/me", session=session).status == 200


def test_where_hashing_cannot_step_back_the_log_says_so_once(made):
    server = Server(made, prefix=(sys.executable, str(pathlib.Path(__file__).with_name("unprivileged.py"))))
    try:
        server.wait_until_ready()
        register(server, "bob")
        assert [login(server, "bob").status for _ in range(2)] == [200, 200]
    finally:
        server.stop()
    assert server.log.read_text().count("setpriority is refused") == 1
