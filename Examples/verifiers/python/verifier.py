"""Verifies the tokens of one ChatTokens tenant without asking about each. Needs PyJWT[crypto] 2.10 or later.

    verifier = Verifier("https://chat.example", "acme", api_key="chatsdk_…")
    verifier.start()
    claims = verifier.verify(token)  # raises Refused
"""

import hashlib
import json
import logging
import random
import re
import threading
import time
import urllib.error
import urllib.request

import jwt

LOG = logging.getLogger("chat_tokens")
HOLDERS = {"ws": ("JWT", "chat-realtime"), "rest": ("at+jwt", "chat-api")}
ALGORITHMS = {("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA", ("RSA", None): "RS256", ("oct", None): "HS256"}
GRANT = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.(rest|ws)", re.ASCII)
KINDS = {"grant", "user", "user_hash", "api_key", "signing_key", "label", "tenant"}
LONGEST_TOKEN, LONGEST_KEYS, LONGEST_PAGE = 8_192, 1 << 20, 32 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The API key is for the server alone: urllib would take it along to wherever an answer points."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(_NoRedirects)


class Refused(Exception):
    """Why a token was refused. `verifier_not_ready`: it may be good; answer 503. All others: 401."""

    @property
    def code(self) -> str:
        return self.args[0]


class Verifier:
    """May be used by any number of threads; `start` begins the one that keeps it fresh. Times are in seconds."""

    def __init__(self, public_url: str, tenant: str, *, kind: str = "ws", audience: str | None = None,
                 address: str | None = None, leeway: float = 0, secrets: list[dict] = (), api_key: str | None = None,
                 name: str | None = None, refresh: float = 300, minimum_refetch: float = 5,
                 keys_usable_for: float = 86_400, timeout: float = 5, silence: float = 30,
                 on_revocation=lambda: None):
        """`secrets`: private JWKs of HS256 keys. `api_key` (scope tokens:verify): follow revocations as well."""
        self.tenant, self.kind, self.issuer = tenant, kind, f"{public_url}/t/{tenant}"
        self.typ, usual = HOLDERS[kind]
        self.audience, self.address, self.leeway = audience or usual, address or public_url, leeway
        self.api_key, self.name, self.on_revocation = api_key, name, on_revocation
        self.refresh, self.minimum_refetch, self.keys_usable_for = refresh, minimum_refetch, keys_usable_for
        self.timeout, self.silence = timeout, silence
        self._secrets = {jwk["kid"]: _key(jwk) for jwk in secrets}
        self._keys, self._keys_read, self._keys_tried = {}, -1e9, -1e9
        self._fetching, self._applying = threading.Lock(), threading.Lock()
        self._revoked: dict[tuple[str, str], tuple[float, float]] = {}  # before (ms), expires (s)
        self._place, self._told, self._heard = 0, -1, -1e9

    def start(self) -> None:
        """Reads keys and revocations once and goes on reading them in the background."""
        self._fetch_keys()
        if self.api_key:
            self._attempt(self._catch_up)
            threading.Thread(target=self._follow, daemon=True).start()
        threading.Thread(target=self._keep, daemon=True).start()

    @property
    def is_ready(self) -> bool:
        """Whether keys and revocations have been read, and lately."""
        has_keys = self._secrets or time.monotonic() - self._keys_read <= self.keys_usable_for
        return bool(has_keys) and not (self.api_key and self._is_silent())

    def verify(self, token: str) -> dict:
        """The claims of a good token; raises Refused."""
        if len(token) > LONGEST_TOKEN:
            raise Refused("token_malformed")
        claims, kid = self._open(token, self.typ, audience=self.audience, leeway=self.leeway,
                                 options={"require": ["exp", "iat", "sub", "jti"], "verify_iat": False,
                                          "strict_aud": True})
        if _birth(claims["jti"], self.kind) is None or type(claims["exp"]) is not int:
            raise Refused("token_malformed")
        if self.api_key and self._is_silent():
            raise Refused("verifier_not_ready")
        claims["kid"] = kid
        if self.is_revoked(claims):
            raise Refused("token_revoked")
        return claims

    def is_revoked(self, claims: dict) -> bool:
        """Whether what `verify` returned was revoked since: ask for each connection when `on_revocation` is called."""
        born = _birth(claims["jti"], self.kind)
        hashed = hashlib.sha256(f"{self.tenant}/{claims['sub']}".encode()).hexdigest()[:32]
        marks = {"grant": claims["jti"][:36], "user": claims["sub"], "user_hash": hashed, "api_key": claims.get("akid"),
                 "signing_key": claims["kid"], "label": claims.get("lbl"), "tenant": ""}
        return any(born < self._revoked.get(mark, (0, 0))[0] for mark in marks.items())

    def _open(self, text: str, typ: str, **checks) -> tuple[dict, str]:
        """Checks a JWS; the algorithm is the key's, never the header's choice (RFC 8725 §3.1)."""
        try:
            header = jwt.get_unverified_header(text)
            issuer = jwt.decode(text, options={"verify_signature": False}).get("iss")
        except (jwt.InvalidTokenError, UnicodeError) as error:
            raise Refused("token_malformed") from error
        if set(header) != {"alg", "typ", "kid"}:
            raise Refused("token_malformed")
        if issuer != self.issuer:
            raise Refused("token_issuer_unknown")
        if header["typ"] != typ:
            known = header["typ"] in (usual for usual, _ in HOLDERS.values())
            raise Refused("token_wrong_kind" if known else "token_malformed")
        algorithm, key = self._key(header["kid"])
        try:
            return jwt.decode(text, key, [algorithm], issuer=self.issuer, **checks), header["kid"]
        except jwt.ExpiredSignatureError as error:
            raise Refused("token_expired") from error
        except jwt.InvalidAudienceError as error:
            raise Refused("token_wrong_audience") from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError) as error:
            raise Refused("token_signature_invalid") from error
        except jwt.InvalidTokenError as error:
            raise Refused("token_malformed") from error

    def _key(self, kid: object) -> tuple[str, object]:
        for is_last in (False, True):
            is_read = time.monotonic() - self._keys_read <= self.keys_usable_for
            found = self._secrets.get(kid) or (is_read and self._keys.get(kid))
            if found:
                return found
            if is_last or time.monotonic() - self._keys_tried < self.minimum_refetch:
                raise Refused("token_key_unknown" if is_read else "verifier_not_ready")
            self._fetch_keys(unless_since=time.monotonic())

    def _fetch_keys(self, unless_since: float = 1e18) -> None:
        """Reads the key set, once for all who wait; if that fails the old one stays."""
        with self._fetching:
            if self._keys_tried > unless_since:
                return
            try:
                with self._ask(f"/t/{self.tenant}/.well-known/jwks.json", self.timeout) as answer:
                    found = json.loads(_body(answer, LONGEST_KEYS))["keys"]
                keys = {}
                for jwk in found[:100]:
                    try:
                        if jwk["kty"] != "oct":
                            keys[jwk["kid"]] = _key(jwk)
                    except (jwt.PyJWTError, KeyError, ValueError):
                        continue
                self._keys, self._keys_read = keys, time.monotonic()
            except urllib.error.HTTPError as error:
                if error.code == 404:
                    self._keys, self._keys_read = {}, time.monotonic()
                LOG.warning("no key set: %s", error)
            except Exception as error:  # as in _attempt
                LOG.warning("no key set: %r", error)
            self._keys_tried = time.monotonic()

    def _ask(self, path: str, timeout: float, body: dict | None = None, **fields: str):
        """`timeout` counts from one piece of the answer to the next."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if self.api_key and "jwks.json" not in path:
            headers |= {"X-API-Key": self.api_key, "X-Chat-Tenant": self.tenant, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return OPENER.open(urllib.request.Request(self.address + path, data, headers), timeout=timeout)

    def _is_silent(self) -> bool:
        return time.monotonic() - self._heard > self.silence

    def _attempt(self, work) -> bool:
        try:
            work()
            return True
        except Exception as error:  # A thread that ends refuses all tokens for ever; an answer may be cut anywhere.
            LOG.warning("%s: %r", work.__name__, error)
            return False

    def _catch_up(self) -> None:
        """Reads the feed up to its end: until this has been done once, no token is taken."""
        more = True
        while more:
            with self._ask(f"/revocations?after={self._place}", self.timeout) as answer:
                page = json.loads(_body(answer, LONGEST_PAGE))
            for document in page["documents"]:
                self._apply(document)
            self._place, more = page["sequence"], page["more"]
        self._heard = time.monotonic()

    def _follow(self) -> None:
        """Follows the stream; whenever it ends, catches up and connects again."""
        pause = 0.1
        while True:
            begin = time.monotonic()
            if self._attempt(self._catch_up):
                self._attempt(self._stream)
            pause = 0.2 if time.monotonic() - begin > 10 else min(pause * 2, 10)
            time.sleep(pause * random.uniform(0.5, 1))

    def _stream(self) -> None:
        """Server-sent events (HTML Living Standard §9.2); a stream that is silent for 45 s is given up."""
        with self._ask("/revocations/stream", 45, Last_Event_ID=str(self._place)) as answer:
            event = {}
            while line := answer.readline(LONGEST_PAGE):
                name, _, value = line.decode().rstrip("\r\n").partition(":")
                if name:
                    event[name] = value.removeprefix(" ")
                elif value:
                    if value.strip().isdigit():
                        self._heard = time.monotonic()
                else:
                    if event.get("event") == "end":
                        return
                    if event.get("event") == "revocations":
                        self._apply(event["data"])
                        self._heard = time.monotonic()
                    self._place = int(event.get("id", self._place))
                    event = {}

    def _apply(self, document: str) -> None:
        claims, _ = self._open(document, "revocations+jwt", audience="chat-revocations", options={"verify_iat": False})
        for entry in claims["entries"]:
            mark, before = (entry["kind"], entry["subject"]), entry["before"]
            if entry["kind"] not in KINDS:  # What is not understood may revoke anything.
                mark, before = ("tenant", ""), float("inf")
            with self._applying:
                old = self._revoked.get(mark, (0, 0))
                self._revoked[mark] = (max(before, old[0]), max(entry["expires"], old[1]))
        if claims["entries"]:
            try:
                self.on_revocation()
            except Exception:  # What was read has been applied, whoever is told of it.
                LOG.exception("on_revocation")

    def _keep(self) -> None:
        """Fetches keys again when they are old, says what was applied, forgets what is over."""
        swept = told = time.monotonic()
        while True:
            time.sleep(1)
            now = time.monotonic()
            if now - self._keys_read >= self.refresh and now - self._keys_tried >= min(self.refresh, 10):
                self._fetch_keys()
            place = self._place
            # Again after a minute, or the server takes the verifier for gone.
            is_news = place != self._told or now >= told + 60
            if self.api_key and self.name and is_news and not self._is_silent():
                said = {"verifier": self.name, "sequence": place}
                if self._attempt(lambda: self._ask("/revocations/ack", self.timeout, said).close()):
                    self._told, told = place, now
            if now >= swept + 60:
                swept = now
                with self._applying:
                    for mark in [mark for mark, (_, expires) in self._revoked.items() if expires < time.time()]:
                        del self._revoked[mark]


def _key(jwk: dict) -> tuple[str, object]:
    algorithm = ALGORITHMS[jwk["kty"], jwk.get("crv")]
    if jwk.get("alg", algorithm) != algorithm:
        raise ValueError("the key is for another algorithm")
    return algorithm, jwt.PyJWK(jwk, algorithm).key


def _body(answer, longest: int) -> bytes:
    body = answer.read(longest + 1)
    if len(body) > longest:
        raise ValueError("the answer is too long")
    return body


def _birth(jti: str, kind: str) -> int | None:
    """Milliseconds since 1970 at which the grant was born (RFC 9562 §5.7)."""
    form = GRANT.fullmatch(jti)
    return int(form[1] + form[2], 16) if form and form[3] == kind else None
