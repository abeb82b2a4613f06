"""Examples/verifiers: what a gateway in Swift, Node or Python decides about tokens without asking the server."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time

import pytest

import evidence
import jose
from deployment import BINARY, MANY, ROOT, eventually, free_port
from feed_front import Elsewhere, FeedFront
from websocket import Refused, WebSocket
from wire import Closed, Wire

EXAMPLES = ROOT / "Examples/verifiers"
USER = "zoë/1"
SCOPES = ("--scope", "tokens:issue,tokens:verify,tokens:revoke,users:write")
# Shorter than the defaults, so that nobody waits; names as each language spells them.
LIMITS = {"node": {"minimumRefetch": 0.2, "timeout": 2}, "python": {"minimum_refetch": 0.2, "timeout": 2}}


class Lines:
    """A verifier that takes a token a line and answers with a verdict a line."""

    def __init__(self, command: list, environment: dict, log):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, text=True, encoding="utf-8"
        )
        self.answers = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.first = self.answers.get(timeout=30)

    def _read(self) -> None:
        for line in self.process.stdout:
            self.answers.put(line.rstrip("\n"))
        self.answers.put("ended")

    def verdict(self, token: str) -> str:
        self.process.stdin.write(token + "\n")
        self.process.stdin.flush()
        return self.answers.get(timeout=20)

    def stop(self, timeout: float = 10) -> None:
        """Ends its input, upon which it has to end by itself."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout)
        finally:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class SwiftGateway:
    """The sample gateway, which lets a WebSocket in or does not."""

    def __init__(self, environment: dict, log):
        binary = BINARY.parent / "SampleGateway"
        assert binary.exists(), f"{binary} does not exist: swift build --product SampleGateway"
        self.port = free_port()
        self.process = subprocess.Popen([binary], stdout=log, stderr=log, env=environment | {"PORT": str(self.port)})
        eventually(self._is_ready, timeout=30)
        self.first = "ready"

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), Wire(self.port) as wire:
            return wire.ask("GET", "/").status == 401
        return False

    def open(self, token: str) -> WebSocket:
        return WebSocket(self.port, f"/?token={token}")

    def verdict(self, token: str) -> str:
        try:
            with self.open(token) as socket:
                socket.send("hello")
                answer = socket.receive()
                return "dropped" if answer is None else "valid " + answer.removesuffix(": hello")
        except Refused as refused:
            return {401: "refused", 503: "verifier_not_ready"}[refused.status]
        except (Closed, ConnectionError):
            return "dropped"  # let in, and revoked before a word was said

    def stop(self, timeout: float = 10) -> None:
        self.process.terminate()
        self.process.wait(timeout)


class Guard:
    """A verifier of one tenant, with what the tests need to make tokens for it."""

    def __init__(self, language: str, verifier, deployment, server, tenant: str, key: str):
        self.language, self.verifier, self.tenant, self.key = language, verifier, tenant, key
        self.deployment, self.server = deployment, server
        self.sign = jose.private_key(deployment.secret(tenant))

    def pair(self, **members: object) -> dict:
        return self.server.pair(self.key, {"userId": USER, "name": "Zoë"} | members)

    def forge(self, header: dict | None = None, **claims: object) -> str:
        old_header, old_claims, _ = jose.decode(self.pair()["wsToken"])
        merged = {name: value for name, value in (old_claims | claims).items() if value is not None}
        token = jose.make(old_header | (header or {}), merged, self.sign)
        evidence.note_secret("forged token", token)
        return token

    def verdict(self, token: str) -> str:
        return self.verifier.verdict(token)

    def admits(self, token: str) -> bool:
        return self.verdict(token) == f"valid {USER}"

    def refuses(self, token: str, code: str) -> bool:
        """Whether the token is refused with this code; a gateway tells its clients only whether to come back."""
        told = "refused" if self.language == "swift" and code != "verifier_not_ready" else code
        return self.verdict(token) == told


@pytest.fixture(scope="module")
def start(program, tmp_path_factory):
    """Starts verifiers; all end with the module."""
    with contextlib.ExitStack() as stack:

        def make(language: str, deployment, server, tenant: str, key: str, limits: dict | None = None, feed=False):
            folder = tmp_path_factory.mktemp("verifier")
            environment = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_TOKENS_")} | {
                "CHAT_TOKENS_URL": server.url,
                "CHAT_TOKENS_TENANT": tenant,
                "NAME": language,
                "SILENCE": str((limits or {}).get("silence", 30)),
                "CHAT_TOKENS_LIMITS": json.dumps(LIMITS.get(language, {}) | (limits or {})),
            }
            if feed:
                environment["CHAT_TOKENS_API_KEY"] = key
            jwk = deployment.secret(tenant)
            if jwk["kty"] == "oct":
                (folder / "secret.json").write_text(json.dumps(jwk))
                environment["CHAT_TOKENS_SECRET_FILE"] = str(folder / "secret.json")
            log = stack.enter_context((folder / "log").open("w"))
            evidence.LOGS_OF_GATEWAYS.append(folder / "log")
            if language == "swift":
                verifier = SwiftGateway(environment, log)
            elif language == "node":
                verifier = Lines([program("node"), EXAMPLES / "node/check.mjs"], environment, log)
            else:
                verifier = Lines([sys.executable, EXAMPLES / "python/check.py"], environment, log)
            stack.callback(verifier.stop)
            assert verifier.first == "ready", (folder / "log").read_text()
            return Guard(language, verifier, deployment, server, tenant, key)

        yield make


LANGUAGES = ("swift", "node", "python")


PAIRS = [(language, algorithm) for language in LANGUAGES for algorithm in ("HS256", "ES256", "EdDSA", "RS256")]


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def guard(request, start, server, deployment) -> Guard:
    language, algorithm = request.param
    tenant = f"{language}-{algorithm}".lower()
    deployment.tenant(tenant, algorithm=algorithm)
    return start(language, deployment, server, tenant, deployment.key(tenant))


def test_the_ws_token_is_good_and_names_its_user(guard):
    assert guard.admits(guard.pair()["wsToken"])


def test_every_other_token_is_refused(guard, server, other_key):
    now = int(time.time())
    good = guard.pair()
    header, payload, signature = good["wsToken"].split(".")
    members, claims, raw = jose.decode(good["wsToken"])
    altered = jose.base64url(raw.replace(b'"sub":"', b'"sub":"x', 1))
    bad = {
        "the REST token": (good["token"], "token_wrong_kind"),
        "nonsense": ("nonsense", "token_malformed"),
        "expired": (guard.forge(iat=now - 100, exp=now - 1), "token_expired"),
        "without exp": (guard.forge(exp=None), "token_malformed"),
        "exp as text": (guard.forge(exp=str(now + 60)), "token_malformed"),
        "exp with a fraction": (guard.forge(exp=now + 60.5), "token_malformed"),
        "of another user": (f"{header}.{altered}.{signature}", "token_signature_invalid"),
        "another signature": (f"{header}.{payload}.{good['token'].split('.')[2]}", "token_signature_invalid"),
        "another tenant's": (server.pair(other_key, USER)["wsToken"], "token_issuer_unknown"),
        "alg none": (jose.make(members | {"alg": "none"}, claims) + signature, None),
        "another kid": (guard.forge({"kid": "x"}), "token_key_unknown"),
        "jku": (guard.forge({"jku": "https://evil.example/jwks.json"}), "token_malformed"),
        "another audience": (guard.forge(aud="chat-api"), "token_wrong_audience"),
        "several audiences": (guard.forge(aud=["chat-realtime", "chat-api"]), None),
        "another type": (guard.forge({"typ": "JOSE"}), "token_malformed"),
        "another issuer": (guard.forge(iss="https://evil.example"), "token_issuer_unknown"),
        "without a user": (guard.forge(sub=None), "token_malformed"),
        "without a grant": (guard.forge(jti="x.ws"), "token_malformed"),
        "too long": (guard.forge(custom="x" * 9_000), "token_malformed"),
    }
    for what, (token, code) in bad.items():
        evidence.note_secret(what, token)
        verdict = guard.verdict(token)
        expected = "refused" if guard.language == "swift" else code or verdict
        assert verdict == expected and not verdict.startswith("valid"), what


def test_a_key_that_is_no_key_of_the_tenant_signs_nothing(guard, deployment):
    """The kid of the tenant under the signature of another, and the public key as if it were a shared secret."""
    old_header, claims, _ = jose.decode(guard.pair()["wsToken"])
    stranger = f"stranger-{guard.tenant}"
    algorithm = guard.tenant.partition("-")[2].upper().replace("EDDSA", "EdDSA")
    deployment.tenant(stranger, algorithm=algorithm)
    token = jose.make(old_header, claims, jose.private_key(deployment.secret(stranger)))
    assert guard.refuses(token, "token_signature_invalid")
    published = json.dumps(deployment.secret(guard.tenant)).encode()
    confused = jose.make(old_header | {"alg": "HS256" if algorithm != "HS256" else "ES256"}, claims, jose.hs256(published))
    assert guard.refuses(confused, "token_signature_invalid")


def test_a_token_passes_until_the_second_of_its_expiry(guard):
    end = int(time.time()) + 3
    token = guard.forge(exp=end)
    assert guard.admits(token)
    time.sleep(max(0, end + 0.05 - time.time()))
    assert guard.refuses(token, "token_expired")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rotated_key_is_known_when_its_first_token_comes_and_the_old_one_stays_known(
    language, start, server, deployment
):
    tenant = f"rotating-{language}"
    deployment.tenant(tenant, algorithm="ES256")
    guard = start(language, deployment, server, tenant, deployment.key(tenant))
    old = guard.pair()["wsToken"]
    assert guard.admits(old)
    deployment.run("signing-key", "rotate", "--tenant", tenant, "--activate-now")
    kid = jose.decode(old)[0]["kid"]
    new = eventually(lambda: jose.decode(token := guard.pair()["wsToken"])[0]["kid"] != kid and token)
    # The keys may have been read less than the minimum interval ago, which is 5 s unless it is set.
    eventually(lambda: guard.admits(new), timeout=10, pause=0.2)
    assert guard.admits(old)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_server_tokens_are_verified_on_and_unknown_keys_are_refused_soon(language, start, make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme", algorithm="EdDSA")
    with deployment.serve() as server:
        guard = start(language, deployment, server, "acme", deployment.key("acme"))
        good, expiring, unknown = guard.pair()["wsToken"], guard.forge(exp=int(time.time()) + 5), guard.forge({"kid": "x"})
        assert guard.admits(good) and guard.admits(expiring)
    time.sleep(0.5)
    assert guard.admits(good)
    begin = time.monotonic()
    assert guard.refuses(unknown, "token_key_unknown")
    assert time.monotonic() - begin < 8
    eventually(lambda: guard.refuses(expiring, "token_expired"), timeout=8, pause=0.3)
    assert guard.admits(good)


@pytest.fixture(scope="module", params=[(l, a) for l in LANGUAGES for a in ("HS256", "ES256")], ids="-".join)
def follower(request, start, server, deployment) -> Guard:
    language, algorithm = request.param
    tenant = f"feed-{language}-{algorithm}".lower()
    deployment.tenant(tenant, algorithm=algorithm)
    return start(language, deployment, server, tenant, deployment.key(tenant, *SCOPES), feed=True)


def revoke(guard: Guard, **what: object) -> dict:
    answer = guard.server.ask("POST", "/tokens/revoke", what, {"X-API-Key": guard.key})
    assert answer.status == 200, answer
    return answer.json


def has_applied(guard: Guard, receipt: dict) -> bool:
    """Whether the verifier has told so."""
    path = f"/revocations/{receipt['revocationId']}"
    answer = guard.server.ask("GET", path, headers={"X-API-Key": guard.key})
    assert answer.status == 200, answer
    return {entry["name"]: entry["hasApplied"] for entry in answer.json["verifiers"]}.get(guard.language)


def subjects(guard: Guard, pair: dict) -> dict[str, dict]:
    header, claims, _ = jose.decode(pair["wsToken"])
    return {
        "token": {"token": pair["token"]},
        "grant": {"grantId": pair["grantId"]},
        "user": {"userId": USER},
        "label": {"label": "device-7"},
        "API key": {"apiKeyId": claims["akid"]},
        "signing key": {"kid": header["kid"]},
        "tenant": {"all": True},
    }


@pytest.mark.parametrize("what", ["token", "grant", "user", "label", "API key", "signing key", "tenant"])
def test_a_revoked_token_is_refused_soon_and_no_other(follower, what):
    pair = follower.pair(label="device-7")
    assert follower.admits(pair["wsToken"])
    begin = time.monotonic()
    revoke(follower, **subjects(follower, pair)[what])
    eventually(lambda: follower.refuses(pair["wsToken"], "token_revoked"), timeout=5)
    evidence.note_figure(f"{follower.language}: revoked to refused within {(time.monotonic() - begin) * 1e3:.0f} ms")
    assert follower.admits(follower.pair(label="device-7")["wsToken"]), "what is issued afterwards is good"


def test_an_erased_users_token_is_refused_without_a_name(follower):
    token = follower.pair(userId="erased")["wsToken"]
    assert follower.verdict(token) == "valid erased"
    answer = follower.server.ask("DELETE", "/users/erased?purge=true", headers={"X-API-Key": follower.key})
    assert answer.status in (200, 204), answer
    eventually(lambda: follower.refuses(token, "token_revoked"), timeout=5)


def test_a_verifier_that_starts_later_knows_what_was_revoked(follower, start):
    token, other = follower.pair()["wsToken"], follower.pair()["wsToken"]
    revoke(follower, token=token)
    late = start(
        follower.language, follower.deployment, follower.server, follower.tenant, follower.key, feed=True
    )
    assert late.refuses(token, "token_revoked") and late.admits(other)


def test_an_operator_sees_which_verifiers_have_applied_it(follower):
    receipt = revoke(follower, token=follower.pair()["wsToken"])
    eventually(lambda: has_applied(follower, receipt), timeout=8)


def test_a_connection_ends_when_its_token_is_revoked(start, server, deployment):
    deployment.tenant("connected", algorithm="EdDSA")
    follower = start("swift", deployment, server, "connected", deployment.key("connected", *SCOPES), feed=True)
    pair = follower.pair()
    with follower.verifier.open(pair["wsToken"]) as socket, follower.verifier.open(follower.pair()["wsToken"]) as other:
        revoke(follower, grantId=pair["grantId"])
        assert socket.receive() is None
        other.send("still here")
        assert other.receive() == f"{USER}: still here"


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_an_outage_nothing_is_missed_and_silence_is_not_honoured_for_long(language, start, make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme", algorithm="ES256")
    key = deployment.key("acme", *SCOPES)
    with deployment.serve() as server:
        guard = start(language, deployment, server, "acme", key, {"silence": 8}, feed=True)
        idle = start(language, deployment, server, "acme", key, feed=True)
        tokens = [guard.pair()["wsToken"] for _ in range(3)]
        assert guard.admits(tokens[0])
    assert guard.admits(tokens[0]), "for a while it goes on"
    eventually(lambda: guard.refuses(tokens[0], "verifier_not_ready"), timeout=20, pause=0.2)
    idle.verifier.stop(timeout=2)  # and not only when it would have asked again
    with deployment.serve() as server:
        guard.server = server
        revoke(guard, token=tokens[1])
        eventually(lambda: guard.admits(tokens[0]), timeout=25, pause=0.2)
        assert guard.refuses(tokens[1], "token_revoked")
        revoke(guard, token=tokens[2])
        eventually(lambda: guard.refuses(tokens[2], "token_revoked"), timeout=5)


@pytest.mark.parametrize("language", ("node", "python"))
@pytest.mark.parametrize("fault", ("cut", "redirect"))
def test_an_answer_that_is_spoilt_is_asked_for_again_and_the_api_key_goes_nowhere_else(
    fault, language, start, server, deployment
):
    """Cut in the middle of a chunk, or pointing elsewhere: tokens are refused for as long as it lasts, no longer."""
    tenant = f"{fault}-{language}"
    deployment.tenant(tenant, algorithm="ES256")
    key = deployment.key(tenant, *SCOPES)
    with FeedFront(server) as front, Elsewhere() as elsewhere:
        front.elsewhere = elsewhere.url
        guard = start(language, deployment, server, tenant, key, {"silence": 2, "address": front.url}, feed=True)
        token = guard.pair()["wsToken"]
        assert guard.admits(token)
        front.fault = fault
        eventually(lambda: guard.refuses(token, "verifier_not_ready"), timeout=10, pause=0.1)
        assert front.spoilt > 0 and not elsewhere.seen
        front.fault = None
        eventually(lambda: guard.admits(token), timeout=25, pause=0.2)


@pytest.mark.parametrize("language", ("node", "python"))
def test_a_callback_that_throws_stops_nothing(language, start, server, deployment):
    tenant = f"throwing-{language}"
    deployment.tenant(tenant, algorithm="ES256")
    name = {"node": "onRevocation", "python": "on_revocation"}[language]
    limits = {name: "calling this throws"}
    guard = start(language, deployment, server, tenant, deployment.key(tenant, *SCOPES), limits, feed=True)
    for _ in range(2):
        token = guard.pair()["wsToken"]
        receipt = revoke(guard, token=token)
        eventually(lambda: guard.refuses(token, "token_revoked"), timeout=5)
        eventually(lambda: has_applied(guard, receipt), timeout=8)
