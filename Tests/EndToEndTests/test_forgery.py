"""Tokens made by an attacker: whatever they know that is public, none is ever accepted."""

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import jose

ALGORITHMS = ["HS256", "ES256", "EdDSA", "RS256"]
NONE = ["".join(letters) for letters in itertools.product("nN", "oO", "nN", "eE")]


@pytest.fixture(scope="module")
def tenants(server, deployment):
    """A tenant for every algorithm: its key, its private JWK, and a good token."""
    made = {}
    for algorithm in ALGORITHMS:
        name = f"forge-{algorithm.lower()}"
        deployment.tenant(name, algorithm=algorithm)
        key = deployment.key(name)
        made[algorithm] = {
            "name": name,
            "key": key,
            "jwk": deployment.secret(name),
            "pair": server.pair(key),
            "public": None if algorithm == "HS256" else deployment.run("signing-key", "export", "--tenant", name),
        }
    return made


@pytest.fixture(scope="module")
def refused(server, node_key):
    """Asks in every way that a token can be shown; all have to refuse it."""

    def ask(key: str, token: str, kind: str = "ws") -> str:
        codes = set()
        for asker in (key, node_key):
            verdict = server.verify(asker, token, kind)
            assert verdict["valid"] is False, f"a forged token is accepted: {jose.decode(token)[:2]}"
            codes.add(verdict["code"])
            answer = server.ask("GET", f"/verify?expect={kind}", headers={"X-API-Key": asker, "X-Chat-Token": token})
            assert answer.status == 401 and answer.code == verdict["code"]
            assert not answer.values("X-Chat-User")
            batch = server.ask(
                "POST", "/verify/batch", {"tokens": [{"token": token, "expect": kind}]}, {"X-API-Key": asker}
            )
            assert batch.json["results"] == [verdict]
        (code,) = codes
        return code

    return ask


def test_the_tokens_made_here_would_be_accepted_if_they_were_right(server, tenants):
    """Without this, every other test could pass because of a slip in its own hands."""
    for tenant in tenants.values():
        for kind, token in (("rest", tenant["pair"]["token"]), ("ws", tenant["pair"]["wsToken"])):
            made = jose.rebuilt(token, jose.decode(token)[0], jose.private_key(tenant["jwk"]))
            assert server.code(tenant["key"], made, kind) == "valid"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_algorithm_none_is_refused_in_every_spelling(tenants, refused, algorithm):
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    header = jose.decode(token)[0]
    for spelled in NONE + ["", " none", "none ", "n\u00f6ne", None, [], {}, False, 0]:
        refused(tenant["key"], jose.rebuilt(token, header | {"alg": spelled}))
        refused(tenant["key"], jose.rebuilt(token, header | {"alg": spelled}).rstrip(".") + "." + token.split(".")[2])
    bare = {name: value for name, value in header.items() if name != "alg"}
    refused(tenant["key"], jose.rebuilt(token, bare))


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_public_key_is_no_shared_secret(tenants, refused, algorithm):
    """RFC 8725 §2.1: HS256 with the bytes of the public key, in every form someone may have them."""
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    header = jose.decode(token)[0]
    key = jose.public_key(tenant["public"])
    raw = jose.base64url_decode(tenant["public"].get("x") or tenant["public"]["n"])
    forms = [
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).rstrip(b"\n"),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        raw,
        (tenant["public"].get("x") or tenant["public"]["n"]).encode(),
        b"",
        tenant["public"]["kid"].encode(),
    ]
    if algorithm == "RS256":
        forms += [
            key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
            key.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        ]
    if algorithm == "ES256":
        forms.append(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    for secret in forms:
        refused(tenant["key"], jose.rebuilt(token, header | {"alg": "HS256"}, jose.hs256(secret)))
        refused(tenant["key"], jose.rebuilt(token, header, jose.hs256(secret)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "claimed",
    [
        "HS256",
        "HS384",
        "HS512",
        "ES256",
        "ES384",
        "ES256K",
        "RS256",
        "PS256",
        "RS512",
        "EdDSA",
        "Ed25519",
        "hs256",
        "Hs256",
        "rs256",
        "A256GCM",
        "dir",
    ],
)
def test_a_token_that_claims_another_algorithm_is_refused(tenants, refused, algorithm, claimed):
    if claimed == algorithm:
        return
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    refused(
        tenant["key"], jose.rebuilt(token, jose.decode(token)[0] | {"alg": claimed}, jose.private_key(tenant["jwk"]))
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_unknown_kid_is_refused(tenants, refused, algorithm):
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    header = jose.decode(token)[0]
    sign = jose.private_key(tenant["jwk"])
    for kid in (
        "",
        "x",
        "../../../../dev/null",
        "' OR 1=1 --",
        header["kid"] + "A",
        header["kid"][:-1],
        header["kid"].swapcase(),
        "0",
    ):
        assert refused(tenant["key"], jose.rebuilt(token, header | {"kid": kid}, sign)) in (
            "token_key_unknown",
            "token_malformed",
        )
        refused(tenant["key"], jose.rebuilt(token, header | {"kid": kid}, jose.hs256(b"")))
    for kid in (None, 1, [header["kid"]], {"kid": header["kid"]}):
        refused(tenant["key"], jose.rebuilt(token, header | {"kid": kid}, sign))
    bare = {name: value for name, value in header.items() if name != "kid"}
    refused(tenant["key"], jose.rebuilt(token, bare, sign))


def test_the_kid_of_another_tenant_is_refused(tenants, refused):
    for mine, theirs in itertools.permutations(ALGORITHMS, 2):
        token = tenants[mine]["pair"]["wsToken"]
        foreign = jose.decode(tenants[theirs]["pair"]["wsToken"])[0]
        sign = jose.private_key(tenants[theirs]["jwk"])
        assert refused(tenants[mine]["key"], jose.rebuilt(token, foreign, sign)) == "token_key_unknown"


def test_a_tenant_cannot_sign_for_another(server, tenants, node_key):
    """The own key, the own kid, but the other tenant's name in the issuer."""
    mine, theirs = tenants["HS256"], tenants["ES256"]
    header, claims, _ = jose.decode(mine["pair"]["wsToken"])
    stolen = claims | {"iss": jose.decode(theirs["pair"]["wsToken"])[1]["iss"], "meta": {"tenant": theirs["name"]}}
    token = jose.make(header, stolen, jose.private_key(mine["jwk"]))
    assert server.code(node_key, token, "ws") == "token_key_unknown"
    assert server.code(theirs["key"], token, "ws") == "token_key_unknown"
    assert server.code(mine["key"], token, "ws") == "token_issuer_unknown"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_header_that_brings_its_own_key_is_refused(tenants, refused, algorithm):
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    header = jose.decode(token)[0]
    evil = ec.generate_private_key(ec.SECP256R1())
    numbers = evil.public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": jose.base64url(numbers.x.to_bytes(32)),
        "y": jose.base64url(numbers.y.to_bytes(32)),
    }
    extras = [
        {"jwk": jwk},
        {"jku": "https://evil.example/keys.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"x5t": "x"},
        {"x5t#S256": "x"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"cty": "JWT"},
        {"x": 1},
    ]
    for extra in extras:
        refused(tenant["key"], jose.rebuilt(token, header | extra, jose.private_key(tenant["jwk"])))
        refused(tenant["key"], jose.rebuilt(token, header | {"alg": "ES256"} | extra, jose.es256(evil)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_header_spelled_in_another_way_gains_nothing(server, tenants, algorithm):
    """Rightly signed, so that either verdict is safe; but a member named twice must not be believed."""
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    header = jose.decode(token)[0]
    sign = jose.private_key(tenant["jwk"])
    twice = '{"alg":"none","alg":"%s","typ":"JWT","kid":"%s"}' % (header["alg"], header["kid"])
    reverse = '{"alg":"%s","typ":"JWT","kid":"%s","alg":"none"}' % (header["alg"], header["kid"])
    for text in (twice, reverse, "[]", "null", "1", '"x"', "{}", "", "{", '{"alg":"HS256"'):
        assert server.code(tenant["key"], jose.rebuilt(token, text, sign), "ws") == "token_malformed", text
    claims = jose.decode(token)[2]
    double = claims[:-1] + b',"sub":"admin"}'
    assert server.code(tenant["key"], jose.make(header, double, sign), "ws") == "token_malformed"
    for payload in (b"[]", b"null", b"", b"\xff", b"{", claims + b" x"):
        assert server.code(tenant["key"], jose.make(header, payload, sign), "ws") == "token_malformed"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_of_another_shape_is_refused(tenants, refused, algorithm):
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    message, _, signature = token.rpartition(".")
    raw = jose.base64url_decode(signature)
    shapes = [
        b"",
        b"\0",
        b"\0" * len(raw),
        b"\xff" * len(raw),
        raw[:-1],
        raw + b"\0",
        b"\0" + raw,
        raw[::-1],
        raw * 2,
        raw[: len(raw) // 2],
        bytes([raw[0] ^ 1]) + raw[1:],
        raw[:-1] + bytes([raw[-1] ^ 1]),
    ]
    if algorithm == "ES256":
        from cryptography.hazmat.primitives.asymmetric import utils

        r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        shapes += [
            utils.encode_dss_signature(r, s),
            raw[:32] + b"\0" * 32,
            b"\0" * 32 + raw[32:],
            order.to_bytes(32) + raw[32:],
        ]
    for shape in shapes:
        code = refused(tenant["key"], f"{message}.{jose.base64url(shape)}")
        assert code in ("token_signature_invalid", "token_malformed")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_the_attackers_own_is_refused(tenants, refused, algorithm):
    tenant = tenants[algorithm]
    token = tenant["pair"]["wsToken"]
    sign = {
        "HS256": jose.hs256(b"secret"),
        "ES256": jose.es256(ec.generate_private_key(ec.SECP256R1())),
        "EdDSA": ed25519.Ed25519PrivateKey.generate().sign,
        "RS256": jose.rs256(rsa.generate_private_key(public_exponent=65_537, key_size=2_048)),
    }[algorithm]
    assert refused(tenant["key"], jose.rebuilt(token, jose.decode(token)[0], sign)) == "token_signature_invalid"
