"""openapi.yaml says what the server does: routes, codes, examples, answers."""

import itertools
import re

import jsonschema
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import fuzzing
from deployment import ROOT

PATH = fuzzing.DESCRIPTION
DOCUMENT = yaml.safe_load(PATH.read_text())
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
REGISTRY = Registry().with_resource("urn:api", Resource(contents=DOCUMENT, specification=DRAFT202012))


def validator(pointer: str) -> jsonschema.Draft202012Validator:
    """A validator of the schema at a place in the document."""
    return jsonschema.Draft202012Validator(
        {"$ref": f"urn:api#{pointer}"}, registry=REGISTRY, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def pointer(*steps: object) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1").replace("%", "%25") for step in steps)


def places_with_examples(node: object, path: tuple = ()):
    """Everything that has a schema and examples of it: media types, parameters, headers."""
    if isinstance(node, dict):
        if "schema" in node and isinstance(node["schema"], dict):
            for name, example in node.get("examples", {}).items():
                yield path, name, example["value"]
            if "example" in node:
                yield path, "example", node["example"]
        for name, value in node.items():
            yield from places_with_examples(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from places_with_examples(value, (*path, index))


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def resolved(node: dict) -> dict:
    while "$ref" in node:
        target = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


EXAMPLES = list(places_with_examples(DOCUMENT))


def test_the_document_is_valid():
    assert list(map(str, OpenAPIV31SpecValidator(DOCUMENT).iter_errors())) == []


@pytest.mark.parametrize("path, name, value", EXAMPLES, ids=[f"{'/'.join(map(str, p))}:{n}" for p, n, _ in EXAMPLES])
def test_an_example_fits_its_schema(path, name, value):
    validator(pointer(*path, "schema")).validate(value)


def test_every_body_has_an_example():
    for method, path, operation in operations():
        bodies = [operation.get("requestBody", {}), *map(resolved, operation["responses"].values())]
        for body in bodies:
            for media in resolved(body).get("content", {}).values():
                assert media.get("examples") or "example" in media, f"{method} {path}"


def test_every_operation_documents_its_errors_and_its_request_id():
    for method, path, operation in operations():
        assert operation["operationId"] and operation["summary"] and operation["description"]
        for status, answer in operation["responses"].items():
            assert "X-Request-ID" in resolved(answer)["headers"], f"{method} {path} {status}"


def test_the_server_serves_exactly_this_document(server):
    answer = server.ask("GET", "/openapi.yaml")
    assert answer.body == PATH.read_bytes()
    assert answer["Content-Type"].startswith("application/yaml")


def is_of(template: str, path: str) -> bool:
    """Whether a path is one of the template's."""
    return re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", template.replace(".", r"\.")), path) is not None


def test_the_server_has_exactly_these_routes(server):
    """Every path answers its own methods with anything but 404 and 405, and all others with 405 and their names."""
    described = {}
    for method, path, _ in operations():
        described.setdefault(path, set()).add(method)
    for path, methods in described.items():
        concrete = path.replace("{tenant}", "acme")
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            with server.wire() as wire:
                answer = wire.ask(method, concrete, headers={"Content-Length": "0"})
            # A user may be called `batch`.
            if method in allowed or (path == "/users/batch" and answer.status == 401):
                assert answer.status not in (404, 405), f"{method} {path}"
            else:
                assert answer.status == 405, f"{method} {path}"
                assert set(re.split(r",\s*", answer["Allow"])) == allowed, path


def test_the_server_has_no_route_that_is_not_described(server):
    """What DESIGN.md plans for later is not half there."""
    described = set(DOCUMENT["paths"])
    probes = {
        "/",
        "/admin/keys",
        "/auth/login",
        "/oauth2/introspect",
        "/oauth2/revoke",
        "/tokens/revoke",
        "/revocations",
        "/users",
        "/users/u",
        "/operator/tenants",
        "/tokens/explain",
        "/metrics",
        "/debug/pprof",
        "/.well-known/jwks.json",
        "/t/acme",
        "/openapi.json",
        "/swagger",
    }
    probes = {probe for probe in probes if not any(is_of(template, probe) for template in described)}
    for probe, method in itertools.product(probes, ("GET", "POST")):
        with server.wire() as wire:
            assert wire.ask(method, probe, headers={"Content-Length": "0"}).status == 404, f"{method} {probe}"


def swift_codes(file: str) -> set[str]:
    """The string values of an enum's cases in a Swift file."""
    text = (ROOT / file).read_text()
    return set(re.findall(r'^\s*case \w+ = "([a-z_]+)"', text, re.M))


def test_the_error_codes_are_those_of_the_code():
    listed = DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"]
    assert len(listed) == len(set(listed))
    assert set(listed) == swift_codes("Sources/Domain/Values/Failure.swift")
    assert set(listed) == set(DOCUMENT["x-error-codes"])


def test_the_verification_codes_are_those_of_the_code():
    listed = DOCUMENT["components"]["schemas"]["VerificationCode"]["enum"]
    assert set(listed) == swift_codes("Sources/Domain/Verifying/Verdict.swift")
    assert set(listed) == set(DOCUMENT["x-verification-codes"])


def test_the_acts_of_the_audit_log_are_those_of_the_code():
    text = (ROOT / "Sources/Domain/Auditing/AuditAction.swift").read_text()
    assert DOCUMENT["components"]["schemas"]["AuditAction"]["enum"] == re.findall(r'case \w+ = "([a-z_.]+)"', text)


def test_the_documentation_page_works_without_the_internet(server):
    answer = server.ask("GET", "/docs")
    page = answer.body.decode()
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "<script" not in page.lower()
    assert re.findall(r'(?:src|href)="(?!#|/|https://www\.rfc-editor\.org)[^"]*"', page) == [], "it loads nothing"
    assert re.findall(r"<(?:img|link|iframe|object|embed)\b", page) == []
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    for _, path, _ in operations():
        assert path in page
    for code in DOCUMENT["x-error-codes"] | DOCUMENT["x-verification-codes"]:
        assert f'id="{code}"' in page, "the type of every problem leads to its description"


def test_real_answers_fit_their_schemas(server, deployment, key):
    pair = server.issue(key, {"userId": "a", "name": "A", "image": None, "custom": {"x": 1.5}})
    answer = ("paths", "/tokens", "post", "responses", "200", "content", "application/json", "schema")
    validator(pointer(*answer)).validate(pair.json)
    verdicts = [server.verify(key, pair.json["token"], "rest", include=["user"]), server.verify(key, "x", "ws")]
    for verdict in verdicts:
        validator("/components/schemas/Verdict").validate(verdict)
    for algorithm in ("ES256", "EdDSA", "RS256", "HS256"):
        deployment.tenant(f"schema-{algorithm.lower()}", algorithm=algorithm)
        keys = server.ask("GET", f"/t/schema-{algorithm.lower()}/.well-known/jwks.json").json
        validator("/components/schemas/KeySet").validate(keys)
    metadata = server.ask("GET", "/.well-known/oauth-authorization-server/t/acme").json
    validator("/components/schemas/IssuerMetadata").validate(metadata)
    validator("/components/schemas/Readiness").validate(server.ask("GET", "/readyz").json)
    for refused in (server.issue("x", {"userId": "a"}), server.issue(key, {}), server.ask("GET", "/nothing")):
        validator("/components/schemas/Problem").validate(refused.json)
    refused = server.ask("GET", "/verify?expect=ws", headers={"X-API-Key": key, "X-Chat-Token": "x"})
    validator("/components/schemas/TokenProblem").validate(refused.json)


@pytest.mark.parametrize("who", fuzzing.CLIENTS)
def test_schemathesis_finds_nothing(backstage, who):
    for done in backstage(who):
        assert done.returncode == 0, done.stdout[-12_000:]
