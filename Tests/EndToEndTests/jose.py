"""Tokens taken apart and put together by hand, so that a test can make any wrong one it needs."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base64url_decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode(token: str) -> tuple[dict, dict, bytes]:
    """Header, claims, and the claims as the bytes that were signed."""
    header, payload, _ = token.split(".")
    raw = base64url_decode(payload)
    return json.loads(base64url_decode(header)), json.loads(raw), raw


def compact(document: object) -> str:
    """A JSON document as one part of a token."""
    text = document if isinstance(document, (bytes, str)) else json.dumps(document, separators=(",", ":"))
    return base64url(text if isinstance(text, bytes) else text.encode())


def hs256(secret: bytes):
    return lambda message: hmac.digest(secret, message, hashlib.sha256)


def shared_secret(jwk: dict):
    """A signer with the exported secret of an HS256 key."""
    return hs256(base64url_decode(jwk["k"]))


def private_key(jwk: dict):
    """A signer with an exported private key."""
    if jwk["kty"] == "oct":
        return shared_secret(jwk)
    number = lambda name: int.from_bytes(base64url_decode(jwk[name]))  # noqa: E731
    if jwk["kty"] == "EC":
        public = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1())
        return es256(ec.EllipticCurvePrivateNumbers(number("d"), public).private_key())
    if jwk["kty"] == "OKP":
        return ed25519.Ed25519PrivateKey.from_private_bytes(base64url_decode(jwk["d"])).sign
    public = rsa.RSAPublicNumbers(number("e"), number("n"))
    numbers = rsa.RSAPrivateNumbers(
        p=number("p"),
        q=number("q"),
        d=number("d"),
        dmp1=number("dp"),
        dmq1=number("dq"),
        iqmp=number("qi"),
        public_numbers=public,
    )
    return rs256(numbers.private_key())


def es256(key: ec.EllipticCurvePrivateKey):
    def sign(message: bytes) -> bytes:
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def rs256(key: rsa.RSAPrivateKey):
    return lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def make(header: object, claims: object, sign=lambda message: b"") -> str:
    """A token with exactly this header and these claims; unsigned unless a signer is given."""
    message = f"{compact(header)}.{compact(claims)}"
    return f"{message}.{base64url(sign(message.encode()))}"


def public_key(jwk: dict):
    number = lambda name: int.from_bytes(base64url_decode(jwk[name]))  # noqa: E731
    if jwk["kty"] == "EC":
        return ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
    if jwk["kty"] == "OKP":
        return ed25519.Ed25519PublicKey.from_public_bytes(base64url_decode(jwk["x"]))
    return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()


def rebuilt(token: str, header: dict, sign=lambda message: b"") -> str:
    """The claims of a token under another header."""
    _, _, raw = decode(token)
    return make(header, raw, sign)
