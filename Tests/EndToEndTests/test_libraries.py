"""PyJWT, which knows nothing of ChatTokens, verifies both tokens: the promise to every JWT library."""

import jwt
import pytest

import jose

AUDIENCE = {"token": "chat-api", "wsToken": "chat-realtime"}


@pytest.mark.parametrize("which", AUDIENCE)
@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_pyjwt_verifies_through_the_key_set(server, deployment, algorithm, which):
    name = f"{algorithm}-{which}".lower()
    deployment.tenant(name, algorithm=algorithm)
    token = server.pair(deployment.key(name), {"userId": "zoë", "name": "Zoë"})[which]
    metadata = server.ask("GET", f"/.well-known/oauth-authorization-server/t/{name}").json
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    options = {"require": ["exp", "iat", "sub", "iss", "aud", "jti"]}
    claims = jwt.decode(token, key, [algorithm], audience=AUDIENCE[which], issuer=metadata["issuer"], options=options)
    assert claims["sub"] == "zoë"
    with pytest.raises(jwt.InvalidAudienceError):
        other = {"token": "chat-realtime", "wsToken": "chat-api"}[which]
        jwt.decode(token, key, [algorithm], audience=other)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tampered(token), key, [algorithm], audience=AUDIENCE[which])


@pytest.mark.parametrize("which", AUDIENCE)
def test_pyjwt_verifies_through_the_exported_secret(server, deployment, key, which):
    secret = jose.base64url_decode(deployment.secret("acme")["k"])
    assert len(jose.base64url_decode(secret.decode("ascii"))) == 32, "256 bits, spelt as text that any gateway can take"
    token = server.pair(key)[which]
    claims = jwt.decode(token, secret, ["HS256"], audience=AUDIENCE[which], issuer=deployment.issuer("acme"))
    assert claims["sub"] == "user-123"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(tampered(token), secret, ["HS256"], audience=AUDIENCE[which])


def test_pyjwt_follows_a_rotation(server, deployment):
    deployment.tenant("rotating", algorithm="ES256")
    key = deployment.key("rotating")
    client = jwt.PyJWKClient(deployment.issuer("rotating") + "/.well-known/jwks.json", cache_jwk_set=False)
    old = server.pair(key)["token"]
    kid = deployment.run("signing-key", "rotate", "--tenant", "rotating", "--activate-now")
    from deployment import eventually

    new = eventually(
        lambda: (
            jwt.get_unverified_header(found := server.pair(key)["token"])["kid"]
            != jwt.get_unverified_header(old)["kid"]
            and found
        )
    )
    for token in (old, new):
        signing = client.get_signing_key_from_jwt(token)
        assert jwt.decode(token, signing, ["ES256"], audience="chat-api")["sub"] == "user-123"
    assert kid


def test_a_token_that_pyjwt_makes_with_the_secret_is_accepted(server, deployment, key):
    """The other way round: the server's own verifier agrees with a stranger's signer."""
    jwk = deployment.secret("acme")
    header, claims, _ = jose.decode(server.pair(key)["wsToken"])
    token = jwt.encode(claims, jose.base64url_decode(jwk["k"]), "HS256", headers={"kid": jwk["kid"], "typ": "JWT"})
    assert server.code(key, token, "ws") == "valid"


def tampered(token: str) -> str:
    header, payload, signature = token.split(".")
    claims = jose.base64url_decode(payload).replace(b'"sub":"', b'"sub":"x', 1)
    return f"{header}.{jose.base64url(claims)}.{signature}"
