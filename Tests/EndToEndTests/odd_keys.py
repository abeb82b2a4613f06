"""Keys that do not fit: of another type, meant for something else, too weak, or numbers that are no key."""

import json
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

import jose
from forgeries import Forgery, Issuer, signed

# Points of order 1, 2, 4 and 8 on edwards25519, in their canonical encodings.
SMALL_ORDER = (
    "01" + "00" * 31,
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "00" * 32,
    "00" * 31 + "80",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)


def all_of(issuers: list[Issuer]) -> Iterator[Forgery]:
    for issuer in issuers:
        for other in issuers:
            if other is not issuer:
                yield Forgery("key of another type", issuer.algorithm, other.public, issuer.token)
                yield Forgery("key of another type, its token", issuer.algorithm, other.public, other.token)
                header = other.header() | {"alg": issuer.algorithm}
                yield Forgery(
                    "key of another type, its signature", issuer.algorithm, other.public,
                    signed(other, header, other.payload()))
        for name, jwk in changed(issuer).items():
            yield Forgery(f"key: {name}", issuer.algorithm, jwk, issuer.token)
        for algorithm in ("none", "None", "", "hs256", "HS384", "PS256", "RS512", "ES384", "Ed25519"):
            yield Forgery("unknown algorithm", algorithm, issuer.public, issuer.token)
            renamed = signed(issuer, issuer.header() | {"alg": algorithm}, issuer.payload())
            yield Forgery("unknown algorithm, named by the header", algorithm, issuer.public, renamed)
    yield from weak(issuers)


def changed(issuer: Issuer) -> dict[str, dict]:
    """The right key with one member changed."""
    good = issuer.public
    found = {"private": issuer.private, "no kty": without(good, "kty"), "empty": {}, "no alg": without(good, "alg")}
    found |= {f"alg {text}": good | {"alg": json.loads(text)} for text in ('"none"', '"HS512"', '"PS256"', "1")}
    found |= {f"use {text}": good | {"use": json.loads(text)} for text in ('"enc"', '""', "1")}
    found |= {f"key_ops {text}": good | {"key_ops": json.loads(text)} for text in (
        '["verify"]', '["encrypt"]', "[]", '"verify"')}
    found |= {f"kty {kty}": good | {"kty": kty} for kty in ("oct", "EC", "OKP", "RSA", "AKP", "")}
    if "crv" in good:
        curves = ("P-256", "P-384", "secp256k1", "Ed25519", "X25519")
        found |= {f"crv {curve}": good | {"crv": curve} for curve in curves} | {"no crv": without(good, "crv")}
    for name in ("k", "x", "y", "n", "e"):
        if name in good:
            found |= {f"{name} {change}": good | {name: text} for change, text in numbers(good[name]).items()}
            found[f"no {name}"] = without(good, name)
    return found


def without(jwk: dict, name: str) -> dict:
    return {member: value for member, value in jwk.items() if member != name}


def numbers(text: str) -> dict[str, object]:
    raw = jose.base64url_decode(text)
    return {
        "padded": text + "=" * (-len(text) % 4 or 4), "with a space": text[:5] + " " + text[5:], "empty": "",
        "null": None, "of zeros": jose.base64url(bytes(len(raw))), "of ones": jose.base64url(b"\xff" * len(raw)),
        "with a zero before": jose.base64url(b"\0" + raw), "shortened": jose.base64url(raw[1:]),
        "flipped": jose.base64url(bytes([raw[0] ^ 1]) + raw[1:]),
        "in ordinary base64": text.replace("-", "+").replace("_", "/"),
    }


def weak(issuers: list[Issuer]) -> Iterator[Forgery]:
    """Right signatures of keys too weak to be anybody's."""
    header, payload = issuers[0].header(), issuers[0].payload()
    for length in (0, 1, 16, 31, 32, 33, 64, 65, 200):
        secret = bytes(range(1, length + 1))
        token = jose.make(header | {"alg": "HS256"}, payload, jose.hs256(secret))
        yield Forgery(f"secret of {length}", "HS256", {"kty": "oct", "k": jose.base64url(secret)}, token)
    for bits, exponent in ((1024, 65537), (2047, 65537), (2048, 3), (2048, 65537), (3072, 65537)):
        key = rsa.generate_private_key(exponent, bits)
        token = jose.make(header | {"alg": "RS256"}, payload, jose.rs256(key))
        yield Forgery(f"RSA of {bits} bits, e {exponent}", "RS256", RSAAlgorithm.to_jwk(key.public_key(), True), token)
    # A small-order point as the public key signs everything: 8 A = 0 (RFC 8032 §5.1.7, RFC 8725 §3.4).
    for point in SMALL_ORDER:
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": jose.base64url(bytes.fromhex(point))}
        for commitment in SMALL_ORDER:
            signature = bytes.fromhex(commitment) + bytes(32)
            token = jose.make(header | {"alg": "EdDSA"}, payload, lambda message, forged=signature: forged)
            yield Forgery("point of small order", "EdDSA", jwk, token)
