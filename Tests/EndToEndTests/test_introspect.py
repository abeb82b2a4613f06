"""RFC 7662 and RFC 9701 as OAuth 2.0 clients use them."""

import json
import urllib.error
import urllib.parse
import urllib.request

import jwt
import pytest

import jose
from deployment import id_of

FORM = "application/x-www-form-urlencoded"


def introspect(server, credentials: dict | tuple, token: str, **headers: str):
    """Status, media type and body, asked by the standard library as a gateway would."""
    body = urllib.parse.urlencode({"token": token, "token_type_hint": "access_token"}).encode()
    request = urllib.request.Request(f"{server.url}/oauth2/introspect", body, headers)
    if isinstance(credentials, tuple):
        text = ":".join(urllib.parse.quote(part) for part in credentials)
        request.add_header("Authorization", "Basic " + _base64(text))
    else:
        for name, value in credentials.items():
            request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers["Content-Type"], answer.read()


def _base64(text: str) -> str:
    import base64

    return base64.b64encode(text.encode()).decode()


def test_every_way_to_name_the_caller_gets_the_same_answer(server, key, pair):
    key_id = id_of(key)
    answers = [
        introspect(server, {"X-API-Key": key}, pair["wsToken"]),
        introspect(server, (key_id, key), pair["wsToken"]),
        introspect(server, (f"chatsdk_{key_id}", key.removeprefix(f"chatsdk_{key_id}")), pair["wsToken"]),
    ]
    assert answers[0] == answers[1] == answers[2]
    claims = jose.decode(pair["wsToken"])[1]
    told = json.loads(answers[0][2])
    assert told["active"] is True and told["grantId"] == pair["grantId"]
    assert {name: told[name] for name in ("exp", "iat", "sub", "aud", "iss", "jti", "scope")} == {
        name: claims[name] for name in ("exp", "iat", "sub", "aud", "iss", "jti", "scope")
    }


def test_nothing_is_told_of_a_token_that_is_not_valid(server, key, other_key, forge, pair):
    forgeries = [
        forge(pair["wsToken"], exp=1),
        forge(pair["wsToken"], {"alg": "none"}),
        forge(pair["wsToken"], {"typ": "token-introspection+jwt"}),
        pair["wsToken"][:-2] + "AA",
        "nonsense",
    ]
    answers = {introspect(server, {"X-API-Key": key}, token) for token in forgeries}
    answers.add(introspect(server, {"X-API-Key": other_key}, pair["token"]))
    assert answers == {(200, "application/json", b'{"active":false}')}


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_a_signed_answer_is_verified_by_the_published_keys(server, deployment, algorithm):
    name = f"signed-{algorithm.lower()}"
    deployment.tenant(name, algorithm=algorithm)
    key = deployment.key(name)
    metadata = server.ask("GET", f"/.well-known/oauth-authorization-server/t/{name}").json
    assert metadata["introspection_signing_alg_values_supported"] == [algorithm]
    status, media_type, body = introspect(
        server, {"X-API-Key": key}, server.pair(key)["token"], Accept="application/token-introspection+jwt"
    )
    assert (status, media_type) == (200, "application/token-introspection+jwt")
    assert jwt.get_unverified_header(body.decode())["typ"] == "token-introspection+jwt"
    signing = jwt.PyJWKClient(f"{server.url}/t/{name}/.well-known/jwks.json").get_signing_key_from_jwt(body.decode())
    audience = id_of(key)
    claims = jwt.decode(body.decode(), signing.key, [algorithm], audience=audience, issuer=metadata["issuer"])
    assert claims["token_introspection"]["active"] is True


def test_the_endpoint_is_where_the_metadata_says(server, deployment):
    metadata = server.ask("GET", "/.well-known/oauth-authorization-server/t/acme").json
    assert metadata["introspection_endpoint"] == f"{deployment.url}/oauth2/introspect"


def test_a_caller_without_a_good_key_is_told_how_to_come(server, pair):
    for credentials in ({}, ("nobody", "nothing"), {"X-API-Key": "x"}):
        status, media_type, body = introspect(server, credentials, pair["token"])
        assert status == 401 and media_type == "application/problem+json"
        assert json.loads(body)["error"] == "invalid_client"
