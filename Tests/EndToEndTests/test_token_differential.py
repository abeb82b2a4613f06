"""The token parser and PyJWT (signatures by OpenSSL) agree on thousands of damaged tokens."""

import base64
import json
import random
import subprocess

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm

import deployment

SEED = 20261121
DAMAGED = 1_500


def keys():
    secret = base64.urlsafe_b64encode(bytes(range(64, 96))).rstrip(b"=")
    curve, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    return {
        "HS256": (secret, secret, HMACAlgorithm.to_jwk(secret, as_dict=True)),
        "ES256": (curve, curve.public_key(), ECAlgorithm.to_jwk(curve.public_key(), as_dict=True)),
        "EdDSA": (edwards, edwards.public_key(), OKPAlgorithm.to_jwk(edwards.public_key(), as_dict=True)),
    }


def damaged(token: str, chance: random.Random) -> str:
    """The token with one to three changes that an attacker or a bad line might make."""
    text = token
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(text) or 1)
        letter = chance.choice("ABCxyz019-_.=+/ \n%\0é")
        text = chance.choice([
            lambda: text[:place] + letter + text[place + 1:],
            lambda: text[:place] + letter + text[place:],
            lambda: text[:place] + text[place + 1:],
            lambda: text[:place],
            lambda: text + letter,
            lambda: ".".join(chance.sample(text.split("."), len(text.split(".")))),
            lambda: text + "." + text,
        ])()
    return text


def theirs(token: str, key, algorithm: str) -> bool:
    try:
        jwt.api_jws.decode_complete(token, key, algorithms=[algorithm])
        return True
    except (jwt.PyJWTError, ValueError, UnicodeError):
        return False


def is_canonical(token: str) -> bool:
    """Whether every part is base64url without padding and without stray bits (RFC 7515 section 2)."""
    parts = token.split(".")
    for part in parts:
        try:
            raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except ValueError:
            return False
        if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
            return False
    return len(parts) == 3 and all(parts)


def test_no_damaged_token_passes_here_that_openssl_refuses_and_no_good_one_is_refused():
    chance = random.Random(SEED)
    lines, expected = [], []
    for algorithm, (private, public, jwk) in keys().items():
        for number in range(DAMAGED):
            good = jwt.encode({"sub": f"user-{number}", "n": number}, private, algorithm, headers={"kid": "k1"})
            # One in ten stays whole: agreement on refusals alone would prove little.
            token = good if number % 10 == 0 else damaged(good, chance)
            accepted = theirs(token, public, algorithm)
            if accepted and not is_canonical(token):
                # PyJWT lets padding and stray bits pass; ours refuses every second spelling of a token.
                accepted = False
            lines.append(json.dumps({"alg": algorithm, "jwk": jwk, "jws": token}))
            expected.append("valid" if accepted else "invalid")
    answers = subprocess.run(
        [deployment.BINARY, "jws", "verify"], input="\n".join(lines) + "\n", capture_output=True, text=True,
        check=True).stdout.split()
    assert expected.count("valid") >= 3 * DAMAGED // 10
    differing = [(e, a, line) for e, a, line in zip(expected, answers, lines, strict=True) if e != a]
    assert not differing, differing[:3]
