"""The server a good Python developer would write: FastAPI, pydantic, PyJWT, SQLite or PostgreSQL."""

import datetime
import os
import random
import time
from contextlib import asynccontextmanager
from typing import Annotated

import jwt
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Response

from limits import Limiter
from models import IssueRequest, VerifyRequest

AUDIENCES = {"rest": "chat-api", "ws": "chat-realtime"}
KINDS = {"rest": "at+jwt", "ws": "JWT"}
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8080")
DATABASE = os.environ.get("DATABASE", "peer.db")
if DATABASE.startswith("postgres://"):
    from postgres_store import Store
else:
    from sqlite_store import Store
store = Store(DATABASE)
limiter = Limiter()


@asynccontextmanager
async def lifespan(_app):
    await store.open()
    yield
    await store.close()


app = FastAPI(lifespan=lifespan, openapi_url=None)


def api_key(scope):
    async def dependency(x_api_key: Annotated[str, Header()] = ""):
        key = await store.key(x_api_key)
        if key is None:
            raise HTTPException(401, "api_key_invalid")
        if scope not in key.scopes:
            raise HTTPException(403, "scope_missing")
        return key

    return dependency


def answer(value, headers=None):
    return Response(orjson.dumps(value), media_type="application/json", headers=headers)


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_grant_id(now):
    """A UUIDv7 (RFC 9562)."""
    value = int(now * 1000) << 80 | random.SystemRandom().getrandbits(80)
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@app.post("/tokens")
async def issue(request: IssueRequest, key=Depends(api_key("tokens:issue"))):
    admitted, headers = limiter.admit(key)
    if not admitted:
        raise HTTPException(429, "rate_limited", headers)
    now = time.time()
    seconds = int(now)
    name, image, custom = await store.upsert(key.tenant, request, seconds)
    lifetime = request.expiresIn or 86_400
    grant = new_grant_id(now)
    claims = {
        "iss": f"{PUBLIC_URL}/t/{key.tenant}", "sub": request.userId, "iat": seconds, "exp": seconds + lifetime,
        "akid": key.id,
    }
    rest = claims | {
        "aud": "chat-api", "client_id": key.tenant, "jti": f"{grant}.rest", "scope": "chat:rest",
    }
    info = {k: v for k, v in (("name", name), ("image", image)) if v is not None}
    ws = claims | {
        "aud": "chat-realtime", "jti": f"{grant}.ws", "scope": "chat:ws", "info": info, "meta": {"tenant": key.tenant},
    }
    user = {"id": request.userId} | info
    if custom is not None:
        user["custom"] = orjson.Fragment(custom)
    headers["Cache-Control"] = "no-store"
    return answer({
        "token": jwt.encode(rest, key.secret, "HS256", {"typ": "at+jwt", "kid": key.kid}),
        "wsToken": jwt.encode(ws, key.secret, "HS256", {"typ": "JWT", "kid": key.kid}),
        "user": user, "expiresIn": lifetime, "expiresAt": iso(seconds + lifetime),
        "refreshAfter": int(lifetime * 5 / 6 * random.uniform(0.9, 1)), "grantId": grant,
    }, headers)


def check(token, expect, key):
    """The claims of a token that is good at this door; raises otherwise."""
    decoded = jwt.decode_complete(
        token, key.secret, ["HS256"], audience=AUDIENCES[expect], issuer=f"{PUBLIC_URL}/t/{key.tenant}",
        options={"require": ["exp", "iat", "sub", "jti"]})
    header = decoded["header"]
    if header.get("kid") != key.kid or header.get("typ") != KINDS[expect]:
        raise jwt.InvalidTokenError("wrong key or kind")
    return decoded["payload"]


@app.post("/verify")
async def verify(request: VerifyRequest, key=Depends(api_key("tokens:verify"))):
    try:
        claims = check(request.token, request.expect, key)
    except jwt.InvalidSignatureError as error:
        return answer({"valid": False, "code": "token_signature_invalid", "detail": str(error)})
    except jwt.InvalidTokenError as error:
        return answer({"valid": False, "code": "token_malformed", "detail": str(error)})
    return answer({
        "valid": True, "kind": request.expect, "tenant": key.tenant, "userId": claims["sub"],
        "grantId": claims["jti"][:36], "issuedAt": iso(claims["iat"]), "expiresAt": iso(claims["exp"]),
        "expiresIn": claims["exp"] - int(time.time()), "claims": claims,
    })


@app.get("/verify")
async def forward_auth(
    expect: str, key=Depends(api_key("tokens:verify")), authorization: Annotated[str, Header()] = ""
):
    try:
        claims = check(authorization.removeprefix("Bearer "), expect, key)
    except (jwt.InvalidTokenError, KeyError):
        return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return Response(status_code=204, headers={
        "X-Chat-Tenant": key.tenant, "X-Chat-User": claims["sub"], "X-Chat-Grant": claims["jti"][:36]})


@app.get("/t/{tenant}/.well-known/jwks.json")
async def jwks(tenant: str):
    return answer({"keys": []})
