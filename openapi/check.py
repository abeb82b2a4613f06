#!/usr/bin/env python3
"""Checks openapi.yaml: valid OpenAPI 3.1, every example valid against its schema, every list of codes complete.

Needs openapi-spec-validator and jsonschema[format]. Exits 1 and names every fault.
"""
import pathlib
import sys

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = pathlib.Path(__file__).parent / "openapi.yaml"
OPERATION_MUSTS = ("operationId", "summary", "description", "responses", "security", "tags")


class Checker:
    def __init__(self, document):
        self.document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:openapi", resource)
        self.faults = []
        self.examples = 0

    def check(self):
        self.faults += [f"OpenAPI: {e.message}" for e in OpenAPIV31SpecValidator(self.document).iter_errors()]
        self.walk(self.document, "#")
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                self.check_operation(f"{method.upper()} {path}", operation)
        self.compare("ErrorCode", "x-error-codes")
        self.compare("VerificationCode", "x-verification-codes")
        return self.faults

    def walk(self, node, where):
        """Visits every object that has a schema beside examples: media types, parameters, headers."""
        if isinstance(node, list):
            for index, child in enumerate(node):
                self.walk(child, f"{where}/{index}")
        if not isinstance(node, dict):
            return
        if "schema" in node:
            if "example" not in node and not node.get("examples"):
                self.faults.append(f"{where}: no example")
            if "example" in node:
                self.check_example(node["schema"], f"{where}/schema", node["example"], where)
            for name, example in node.get("examples", {}).items():
                self.check_example(node["schema"], f"{where}/schema", example["value"], f"{where}/{name}")
        for key, child in node.items():
            if key not in ("example", "examples"):
                self.walk(child, f"{where}/{key.replace('~', '~0').replace('/', '~1')}")

    def check_example(self, schema, pointer, value, where):
        # Through a $ref from outside, so that references inside the schema resolve against the document.
        validator = Draft202012Validator(
            {"$ref": f"urn:openapi{pointer.replace('{', '%7B').replace('}', '%7D')}"},
            registry=self.registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
        self.examples += 1
        self.faults += [f"{where}: {e.json_path}: {e.message}" for e in validator.iter_errors(value)]

    def check_operation(self, name, operation):
        self.faults += [f"{name}: no {must}" for must in OPERATION_MUSTS if must not in operation]
        for status, response in operation["responses"].items():
            if "$ref" in response:
                response = self.document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
            if "X-Request-ID" not in response.get("headers", {}):
                self.faults.append(f"{name} {status}: no X-Request-ID")
            if int(status) >= 400 and list(response["content"]) != ["application/problem+json"]:
                self.faults.append(f"{name} {status}: not a problem document")
            for code, example in response.get("content", {}).get("application/problem+json", {}).get("examples", {}).items():
                if (example["value"]["code"], example["value"]["status"]) != (code, int(status)):
                    self.faults.append(f"{name} {status}: example {code} contradicts itself")

    def compare(self, schema, table):
        enum = self.document["components"]["schemas"][schema]["enum"]
        if enum != list(self.document[table]):
            self.faults.append(f"{schema} and {table} differ")


def main():
    checker = Checker(yaml.safe_load(DOCUMENT.read_text()))
    for fault in checker.check():
        print(fault, file=sys.stderr)
    print(f"{checker.examples} examples, {len(checker.faults)} faults")
    sys.exit(1 if checker.faults else 0)


if __name__ == "__main__":
    main()
