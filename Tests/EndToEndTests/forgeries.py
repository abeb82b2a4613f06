"""Tokens as an attacker or a bad line makes them of good ones: rightly signed oddities, wrongly signed copies."""

import dataclasses
import functools
import hashlib
import hmac
import json
import random
from collections.abc import Iterator

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils

import jose
from oddities import HEADERS, PAYLOADS

CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256, SEC 2 §2.4.2
EDWARDS_ORDER = 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032 §5.1
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclasses.dataclass(frozen=True)
class Issuer:
    """A tenant, whose key every reader is given, and one good token of it."""

    algorithm: str
    private: dict
    public: dict
    token: str

    @functools.cached_property
    def sign(self):
        return jose.private_key(self.private)

    def header(self) -> dict:
        return jose.decode(self.token)[0]

    def payload(self) -> bytes:
        return jose.decode(self.token)[2]


@dataclasses.dataclass(frozen=True)
class Forgery:
    """A token, the trick in it, and the key that it is checked with."""

    trick: str
    algorithm: str
    jwk: dict
    jws: str


def all_of(issuer: Issuer, others: list[Issuer], damaged: int, chance: random.Random) -> Iterator[Forgery]:
    """Every forgery of one issuer's tokens; as many damaged ones as asked for."""
    families = [
        named("whole", whole(issuer)),
        named("damaged", (damage(issuer.token, chance) for _ in range(damaged))),
        named("bit", bits(issuer.token, chance)),
        named("segments", segments(issuer.token, [other.token for other in others])),
        named("spelling", spellings(issuer, chance)),
        odd_headers(issuer),
        odd_payloads(issuer),
        named("signature", signatures(issuer, chance)),
        named("confusion", confusions(issuer, others)),
    ]
    for family in families:
        yield from (Forgery(trick, issuer.algorithm, issuer.public, token) for trick, token in family)


def named(trick: str, tokens) -> Iterator[tuple[str, str]]:
    return ((trick, token) for token in tokens)


def signed(issuer: Issuer, header: bytes | dict, payload: bytes | dict) -> str:
    return jose.make(header, payload, issuer.sign)


def whole(issuer: Issuer) -> Iterator[str]:
    """Good tokens: agreement on refusals alone would prove little."""
    yield issuer.token
    header, claims, _ = jose.decode(issuer.token)
    for number in range(60):
        yield signed(issuer, header, claims | {"custom": {"n": number, "text": "é\"\\ \u2028" * number}})


def damage(token: str, chance: random.Random) -> str:
    """One to three changes of the text."""
    text = token
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text) or 1)
        letter = chance.choice("ABCxyz019-_.=+/ \t\r\n%\0é\ufeff")
        text = chance.choice([
            lambda: text[:place] + letter + text[place + 1:],
            lambda: text[:place] + letter + text[place:],
            lambda: text[:place] + text[place + 1:],
            lambda: text[:place],
            lambda: text + letter,
            lambda: text[:place].swapcase() + text[place:],
            lambda: text[:place] + text[chance.randrange(len(text) or 1):],
        ])()
    return text


def bits(token: str, chance: random.Random) -> Iterator[str]:
    """One flipped bit in what a part stands for, spelt properly."""
    parts = [jose.base64url_decode(part) for part in token.split(".")]
    for index, part in enumerate(parts):
        for place in chance.sample(range(len(part) * 8), 60):
            flipped = bytearray(part)
            flipped[place // 8] ^= 1 << place % 8
            yield ".".join(jose.base64url(p) for p in [*parts[:index], bytes(flipped), *parts[index + 1:]])


def segments(token: str, others: list[str]) -> Iterator[str]:
    """Parts missing, doubled, swapped, and taken from another issuer's token."""
    one, two, three = token.split(".")
    yield from (f"{one}.{three}.{two}", f"{two}.{one}.{three}", f"{three}.{two}.{one}", f"{two}.{three}.{one}")
    yield from (f"{token}.", f".{token}", f"{token}..", f"{one}..{two}.{three}", f"{one}.{two}..{three}")
    yield from (f"{one}.{two}", f"{one}.{two}.", f"{one}..{three}", f".{two}.{three}", "..", ".", "", one, "...")
    yield from (f"{token}.{three}", f"{token}.{token}", f"{one}.{two}.{three}.{two}.{three}", token + token)
    yield from (json.dumps(token), json.dumps({"payload": two, "protected": one, "signature": three}))
    for other in others:
        first, second, third = other.split(".")
        yield from (f"{first}.{two}.{three}", f"{one}.{second}.{three}", f"{one}.{two}.{third}", other)


def spellings(issuer: Issuer, chance: random.Random) -> Iterator[str]:
    """The same bytes spelt otherwise: before the signature was made, so that it fits, and after."""
    parts = issuer.token.split(".")
    for index in range(3):
        for spelling in respelt(parts[index], chance):
            changed = [*parts[:index], spelling, *parts[index + 1:]]
            yield ".".join(changed)
            if index < 2 and spelling.isascii():
                message = ".".join(changed[:2])
                yield f"{message}.{jose.base64url(issuer.sign(message.encode()))}"


def respelt(part: str, chance: random.Random) -> Iterator[str]:
    place = chance.randrange(1, len(part))
    yield from (part + "=", part + "==", part + "=" * (-len(part) % 4 or 4), "=" + part, part + "A", part + "AA")
    for letter in "= \n\r\t\0+/.%é\u200b\u0130":
        yield from (part[:place] + letter + part[place:], part + letter, letter + part)
    yield part.replace("-", "+").replace("_", "/")
    yield part[:-1]
    # The bits of the last character that stand for nothing.
    yield from (part[:-1] + ALPHABET[ALPHABET.index(part[-1]) ^ change] for change in (1, 2, 3, 4, 8))


def odd_headers(issuer: Issuer) -> Iterator[tuple[str, str]]:
    fields = {name: json.dumps(value) for name, value in issuer.header().items()}
    fields["jwk"] = json.dumps(issuer.public if issuer.algorithm != "HS256" else {"kty": "oct", "k": "AA"})
    for trick, text in HEADERS.items():
        yield f"header: {trick}", signed(issuer, text(fields), issuer.payload())


def odd_payloads(issuer: Issuer) -> Iterator[tuple[str, str]]:
    claims = issuer.payload().decode()
    for trick, text in PAYLOADS.items():
        yield f"payload: {trick}", signed(issuer, issuer.header(), text(claims))


def signatures(issuer: Issuer, chance: random.Random) -> Iterator[str]:
    """Signatures of other lengths, encodings and numbers over an untouched message."""
    message, _, text = issuer.token.rpartition(".")
    good = jose.base64url_decode(text)
    forms = [b"", b"\0", good + b"\0", b"\0" + good, good + good, good[::-1], bytes(len(good)), b"\xff" * len(good)]
    forms += [good[:length] for length in (1, 8, 16, 31, len(good) // 2, len(good) - 1)]
    forms += [good[1:], good.hex().encode(), text.encode(), hashlib.sha256(message.encode()).digest()]
    forms += [chance.randbytes(len(good)) for _ in range(40)]
    yield from (f"{message}.{jose.base64url(form)}" for form in forms)
    if issuer.algorithm == "ES256":
        yield from (f"{message}.{jose.base64url(form)}" for form in curve_signatures(good))
    if issuer.algorithm == "EdDSA":
        yield from (f"{message}.{jose.base64url(form)}" for form in edwards_signatures(good))
    if issuer.algorithm == "RS256":
        yield from rsa_signatures(issuer)


def curve_signatures(good: bytes) -> Iterator[bytes]:
    r, s = int.from_bytes(good[:32]), int.from_bytes(good[32:])
    pairs = [(s, r), (r, CURVE_ORDER - s), (CURVE_ORDER - r, s), (0, s), (r, 0), (0, 0), (1, 1), (CURVE_ORDER, s)]
    pairs += [(r, CURVE_ORDER), (CURVE_ORDER, CURVE_ORDER), (CURVE_ORDER - 1, 1), (r ^ 1, s), (2**256 - 1, 2**256 - 1)]
    pairs += [(r + CURVE_ORDER, s)] if r + CURVE_ORDER < 2**256 else []
    yield from (one.to_bytes(32) + two.to_bytes(32) for one, two in pairs)
    yield utils.encode_dss_signature(r, s)
    yield r.to_bytes(33) + s.to_bytes(33)
    yield r.to_bytes(48) + s.to_bytes(48)


def edwards_signatures(good: bytes) -> Iterator[bytes]:
    """S outside its range (RFC 8032 §5.1.7), and other commitments."""
    commitment, number = good[:32], int.from_bytes(good[32:], "little")
    for factor in range(1, 8):
        yield commitment + (number + factor * EDWARDS_ORDER).to_bytes(32, "little")
    yield commitment + (EDWARDS_ORDER - number).to_bytes(32, "little")
    yield bytes(32) + good[32:]
    yield b"\1" + bytes(63)


def rsa_signatures(issuer: Issuer) -> Iterator[str]:
    """Other paddings and hashes, and the number itself written otherwise."""
    key = jwt.PyJWK(issuer.private).key
    modulus, exponent = key.public_key().public_numbers().n, key.private_numbers().d
    message = issuer.token.rpartition(".")[0].encode()
    number = int.from_bytes(jose.base64url_decode(issuer.token.rpartition(".")[2]))
    forms = [number.to_bytes(257), (modulus - number).to_bytes(256), (number + modulus).to_bytes(257)]
    others = (hashes.SHA1(), hashes.SHA384(), hashes.SHA512())
    forms += [key.sign(message, padding.PKCS1v15(), digest) for digest in others]
    forms += [key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), size), hashes.SHA256()) for size in (0, 32)]
    # PKCS #1 without the name of the hash, with another type of block, and with too little padding and a tail.
    digest = hashlib.sha256(message).digest()
    named_digest = bytes.fromhex("3031300d060960864801650304020105000420") + digest
    for block in (
        b"\0\1" + b"\xff" * 221 + b"\0" + digest,
        b"\0\2" + b"\xff" * 202 + b"\0" + named_digest,
        b"\0\1" + b"\xff" * 8 + b"\0" + named_digest + bytes(194),
        b"\0\1" + b"\xff" * 200 + b"\0" + bytes.fromhex("302f300b06096086480165030402010420") + digest + bytes(4),
    ):
        assert len(block) == 256
        forms.append(pow(int.from_bytes(block), exponent, modulus).to_bytes(256))
    yield from (f"{message.decode()}.{jose.base64url(form)}" for form in forms)


def confusions(issuer: Issuer, others: list[Issuer]) -> Iterator[str]:
    """What another algorithm or another key signed, under this header and under its own."""
    header, payload = issuer.header(), issuer.payload()
    for other in others:
        for name in (issuer.algorithm, other.algorithm):
            yield jose.make(header | {"alg": name}, payload, other.sign)
            yield jose.make(header | {"alg": name, "kid": other.header()["kid"]}, payload, other.sign)
    for secret in public_bytes(issuer):
        for name in ("HS256", issuer.algorithm):
            yield jose.make(header | {"alg": name}, payload, jose.hs256(secret))
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield jose.make(header | {"alg": name}, payload)
    message = issuer.token.rpartition(".")[0]
    for digest in (hashlib.sha1, hashlib.sha384, hashlib.sha512):
        yield f"{message}.{jose.base64url(hmac.digest(b'', message.encode(), digest))}"


def public_bytes(issuer: Issuer) -> list[bytes]:
    """What a careless verifier may hand to HMAC as the key."""
    found = [b"", bytes(32), json.dumps(issuer.public).encode()]
    if issuer.algorithm != "HS256":
        key = jose.public_key(issuer.public)
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
            found.append(key.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo))
        found += [jose.base64url_decode(issuer.public[name]) for name in ("n", "x", "y") if name in issuer.public]
    return found
