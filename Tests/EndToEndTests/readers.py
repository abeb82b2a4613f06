"""The readers of a token that are held against each other: ours behind its two doors, jwt-kit, and PyJWT on OpenSSL."""

import json
import subprocess
import warnings

import jwt

import deployment
from forgeries import Forgery

PACKAGE = deployment.ROOT / "Tests/Differential"
SCRATCH = deployment.ROOT / ".build/differential"
# Builds the command that jwt-kit is behind; the first time it takes some minutes.
BUILD = ["swift", "build", "--package-path", PACKAGE, "--scratch-path", SCRATCH]
JWT_KIT = SCRATCH / "debug/jwt-kit-verify"


def over_lines(command: list, forgeries: list[Forgery]) -> list[bool]:
    """The verdicts of a command with the protocol of `jws verify`."""
    lines = [json.dumps({"alg": f.algorithm, "jwk": f.jwk, "jws": f.jws}) + "\n" for f in forgeries]
    done = subprocess.run(command, input="".join(lines), capture_output=True, text=True, check=True, timeout=600)
    verdicts = done.stdout.split()
    assert len(verdicts) == len(forgeries) and set(verdicts) <= {"valid", "invalid"}
    return [verdict == "valid" for verdict in verdicts]


def ours(forgeries: list[Forgery]) -> list[bool]:
    """`chat-tokens jws verify`: any JWS, any key."""
    return over_lines([deployment.BINARY, "jws", "verify"], forgeries)


def ours_served(server, node_key: str, forgeries: list[Forgery]) -> list[bool]:
    """`POST /verify/batch`: the tokens of this server, its keys."""
    verdicts = []
    for start in range(0, len(forgeries), 64):
        questions = [{"token": f.jws, "expect": "ws"} for f in forgeries[start:start + 64]]
        answer = server.ask("POST", "/verify/batch", {"tokens": questions}, {"X-API-Key": node_key})
        assert answer.status == 200, answer
        verdicts += [result["valid"] for result in answer.json["results"]]
    return verdicts


def openssl(forgeries: list[Forgery]) -> list[bool]:
    """PyJWT, whose signatures are OpenSSL's; the JWS alone, claims unread."""
    keys = {}
    verdicts = []
    for forgery in forgeries:
        name = json.dumps([forgery.algorithm, forgery.jwk])
        if name not in keys:
            keys[name] = _key(forgery)
        verdicts.append(keys[name] is not None and _accepts(forgery, keys[name]))
    return verdicts


def _key(forgery: Forgery):
    try:
        key = jwt.PyJWK(forgery.jwk, algorithm=forgery.algorithm).key
    except Exception:  # PyJWT meets odd keys with whatever its parts throw
        return None
    # With a private RSA key PyJWT cannot verify.
    return key.public_key() if hasattr(key, "public_key") else key


def _accepts(forgery: Forgery, key) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            jwt.api_jws.decode_complete(forgery.jws, key, algorithms=[forgery.algorithm])
            return True
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return False
