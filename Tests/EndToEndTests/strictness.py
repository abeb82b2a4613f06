"""Where we are stricter than other readers on purpose: each rule by its reason, decided without our own code.

A rule says of a forgery whether we refuse it for that reason. What no rule refuses, we have to judge as the others do.
"""

import json
import re

import jose
from forgeries import Forgery

KINDS = {"HS256": ("oct", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519"), "RS256": ("RSA", None)}
HEADER_DEPTH, PAYLOAD_DEPTH = 16, 20
CLAIMS = ("iss", "sub", "aud", "jti", "iat", "exp")


class Ambiguous(ValueError):
    """A JSON text that two readers may read in two ways."""


def strictly(raw: bytes, deepest: int, parse_number=str) -> object:
    """The value of a text that all readers of JSON read alike (RFC 8259 §4, §8); ValueError for any other."""

    def unique(pairs: list[tuple[str, object]]) -> dict:
        if len({name for name, _ in pairs}) != len(pairs):
            raise Ambiguous("a name twice")
        return dict(pairs)

    def constant(name: str):
        raise Ambiguous(name)

    value = json.loads(
        raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant, parse_int=parse_number,
        parse_float=parse_number)
    json.dumps(value, ensure_ascii=False).encode()  # no half of a surrogate pair
    if depth(value) > deepest:
        raise Ambiguous("too deep for some")
    return value


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def machine_number(text: str) -> float | int:
    """A number that Int64 or Double holds."""
    value = int(text) if text.lstrip("-").isdigit() else float(text)
    if abs(value) == float("inf") or isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Ambiguous("out of range")
    return value


def decoded(text: object) -> bytes:
    """What base64url stands for, read leniently; empty if there is no reading it."""
    try:
        return jose.base64url_decode(text) if isinstance(text, str) else b""
    except ValueError:
        return b""


def part(token: str, index: int) -> bytes:
    """What a part of a token stands for, read leniently."""
    return decoded(next(iter(token.split(".")[index:]), ""))


def header(token: str) -> dict:
    """The header, read leniently; empty if there is no reading it."""
    try:
        value = json.loads(part(token, 0))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def is_canonical(text: str) -> bool:
    """Whether this is the one spelling of its bytes: the URL alphabet, no padding, no stray bits."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return False
    return jose.base64url(jose.base64url_decode(text)) == text


def respelt(forgery: Forgery) -> bool:
    return not all(map(is_canonical, forgery.jws.split(".")))


def ambiguous_header(forgery: Forgery) -> bool:
    try:
        return "\0" in "".join(strictly(part(forgery.jws, 0), HEADER_DEPTH, machine_number))
    except (ValueError, TypeError, RecursionError):
        return True


def other_algorithm(forgery: Forgery) -> bool:
    return header(forgery.jws).get("alg") != forgery.algorithm


def critical(forgery: Forgery) -> bool:
    return not {"crit", "b64"}.isdisjoint(header(forgery.jws))


def unfit_key(forgery: Forgery) -> bool:
    jwk = forgery.jwk
    kind = (jwk.get("kty"), jwk.get("crv") if jwk.get("kty") in ("EC", "OKP") else None)
    return kind != KINDS.get(forgery.algorithm) or jwk.get("alg", forgery.algorithm) != forgery.algorithm


def not_for_signatures(forgery: Forgery) -> bool:
    operations = forgery.jwk.get("key_ops", ["verify"])
    return forgery.jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations


def respelt_key(forgery: Forgery) -> bool:
    texts = [forgery.jwk[name] for name in ("k", "x", "y", "n", "e") if name in forgery.jwk]
    return not all(isinstance(text, str) and is_canonical(text) for text in texts) or any(
        decoded(forgery.jwk.get(name))[:1] == b"\0" for name in ("n", "e"))


def weak_key(forgery: Forgery) -> bool:
    number = {name: decoded(text) for name, text in forgery.jwk.items() if name in ("k", "n", "e")}
    return (
        "k" in number and len(number["k"]) < 32
        or "n" in number and int.from_bytes(number["n"]).bit_length() < 2048
        or "e" in number and int.from_bytes(number["e"]) <= 2**16
    )


# Of any JWS, as `jws verify` takes them.
RULES = {
    "a token has one spelling, so that who lists it finds it (RFC 7515 §2)": respelt,
    "no two readers understand a header differently (RFC 7515 §4)": ambiguous_header,
    "the algorithm is the key's, and the header says so (RFC 8725 §3.1)": other_algorithm,
    "an extension that is not understood is not ignored (RFC 7515 §4.1.11, RFC 7797 §6)": critical,
    "a key is of its algorithm's type and for no other algorithm (RFC 8725 §3.1)": unfit_key,
    "a key for encryption does not sign (RFC 7517 §4.2, §4.3)": not_for_signatures,
    "a key has one spelling, and so one thumbprint (RFC 7518 §2, §6)": respelt_key,
    "a weak key protects nothing (RFC 7518 §3.2, §3.3, FIPS 186-5 §A.1.1)": weak_key,
}


def ambiguous_payload(forgery: Forgery) -> bool:
    try:
        return not isinstance(strictly(part(forgery.jws, 1), PAYLOAD_DEPTH), dict)
    except (ValueError, RecursionError):
        return True


def foreign_claims(forgery: Forgery, good: dict) -> bool:
    try:
        claims = json.loads(part(forgery.jws, 1))
    except (ValueError, RecursionError):
        return True
    return not isinstance(claims, dict) or any(claims.get(name) != good[name] for name in CLAIMS)


def disguised_claims(forgery: Forgery) -> bool:
    return any(f'"{name}"'.encode() not in part(forgery.jws, 1) for name in CLAIMS)


# Of the tokens of this server, which knows what it writes. `good` is the header and the claims of the token that the
# forgery was made of.
SERVED = {
    "a header of ours is alg, typ and kid and nothing else (RFC 8725 §3.11)":
        lambda forgery, good: header(forgery.jws) != good[0],
    "no two readers understand claims differently (RFC 7519 §4)":
        lambda forgery, good: ambiguous_payload(forgery),
    "issuer, audience, times and types are those of a token of ours (RFC 8725 §3.8, §3.9)":
        lambda forgery, good: foreign_claims(forgery, good[1]),
    "the names of claims are written without escapes, as we write them":
        lambda forgery, good: disguised_claims(forgery),
}
