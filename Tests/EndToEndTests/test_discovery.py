"""Public keys and metadata of a tenant's issuer."""

import json

import pytest

import jose
from deployment import eventually


def thumbprint(jwk: dict) -> str:
    """RFC 7638, computed beside the server."""
    import hashlib

    needed = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in sorted(needed)}, separators=(",", ":"))
    return jose.base64url(hashlib.sha256(text.encode()).digest())


def test_the_key_set_holds_public_keys_only_and_is_cached_by_its_tag(server, deployment):
    for algorithm, members in (
        ("ES256", {"crv", "x", "y"}),
        ("EdDSA", {"crv", "x"}),
        ("RS256", {"n", "e"}),
        ("HS256", None),
    ):
        name = f"keys-{algorithm.lower()}"
        deployment.tenant(name, algorithm=algorithm)
        answer = server.ask("GET", f"/t/{name}/.well-known/jwks.json")
        assert answer.status == 200 and answer["Cache-Control"] == "public, max-age=300"
        keys = answer.json["keys"]
        if members is None:
            assert keys == []
        else:
            assert [set(jwk) for jwk in keys] == [{"kty", "use", "alg", "kid"} | members]
            assert keys[0]["use"] == "sig" and keys[0]["alg"] == algorithm
            assert keys[0]["kid"] == thumbprint(keys[0])
        again = server.ask("GET", f"/t/{name}/.well-known/jwks.json", headers={"If-None-Match": answer["ETag"]})
        assert again.status == 304 and again.body == b"" and again["ETag"] == answer["ETag"]
        for other in ('"other"', 'W/"other"'):
            assert server.ask("GET", f"/t/{name}/.well-known/jwks.json", headers={"If-None-Match": other}).status == 200
        for same in ("*", f'"x", {answer["ETag"]}', f"W/{answer['ETag']}"):
            assert server.ask("GET", f"/t/{name}/.well-known/jwks.json", headers={"If-None-Match": same}).status == 304


def test_the_next_key_is_published_before_it_signs(server, deployment):
    deployment.tenant("planned", algorithm="ES256")
    key = deployment.key("planned")
    path = "/t/planned/.well-known/jwks.json"
    first = server.ask("GET", path)
    deployment.run("signing-key", "rotate", "--tenant", "planned")
    keys = eventually(lambda: len(found := server.ask("GET", path).json["keys"]) == 2 and found, timeout=2)
    assert server.ask("GET", path)["ETag"] != first["ETag"]
    assert jose.decode(server.pair(key)["token"])[0]["kid"] == first.json["keys"][0]["kid"]
    (new,) = [jwk["kid"] for jwk in keys if jwk["kid"] != first.json["keys"][0]["kid"]]
    deployment.run("signing-key", "activate", "--tenant", "planned", "--", new)
    eventually(lambda: jose.decode(server.pair(key)["token"])[0]["kid"] == new, timeout=2)


def test_the_issuer_metadata_leads_to_the_keys(server, deployment):
    document = server.ask("GET", "/.well-known/oauth-authorization-server/t/acme").json
    assert document == {
        "issuer": deployment.issuer("acme"),
        "jwks_uri": deployment.issuer("acme") + "/.well-known/jwks.json",
        "introspection_endpoint": deployment.issuer("acme").removesuffix("/t/acme") + "/oauth2/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        "revocation_endpoint": deployment.issuer("acme").removesuffix("/t/acme") + "/oauth2/revoke",
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
        "introspection_signing_alg_values_supported": ["HS256"],
        "response_types_supported": [],
        "grant_types_supported": [],
    }


@pytest.mark.parametrize("tenant", ["nobody", "ACME", "acme%20", "a" * 64, "-", "acme/..", "%61cme"])
def test_a_tenant_that_is_not_there_has_neither_keys_nor_metadata(server, tenant):
    for path in (f"/t/{tenant}/.well-known/jwks.json", f"/.well-known/oauth-authorization-server/t/{tenant}"):
        answer = server.ask("GET", path)
        assert answer.status == 404 and answer.code == "not_found", path
