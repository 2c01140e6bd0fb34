# SPDX-License-Identifier: Apache-2.0
"""Holds answers against docs/api/openapi.yaml: status, headers, and the body's shape to the last member."""
import base64
import binascii
import json
import re

import yaml

KNOWN = {"allOf", "$ref", "type", "nullable", "enum", "properties", "required", "additionalProperties", "items",
         "minItems", "minimum", "maximum", "minLength", "pattern", "format", "description"}


class Mismatch(AssertionError):
    pass


class Document:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.root = yaml.safe_load(f)

    def resolve(self, node):
        while "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operations(self):
        """(method, path, operation) of all."""
        for path, item in self.root["paths"].items():
            for method in ("get", "post"):
                if method in item:
                    yield method.upper(), path, item[method]

    def response(self, method, path, status, page):
        """What is said of this answer; that of 405 for everything that is not there. `page`: of the listener of metrics."""
        components = self.root["components"]["responses"]
        operation = self.root["paths"].get(path, {}).get(method.lower())
        if operation is not None and ("operation" in operation["tags"]) != page:
            operation = None
        if operation is None:
            if status != 405:
                raise Mismatch(f"{method} {path} is not in the document, and was answered with {status}, not 405")
            return components["NoRoute"]
        if status in (408, 413, 503) and str(status) not in operation["responses"]:
            return components["Fail" if status < 500 else "Error"]
        found = operation["responses"].get(str(status), operation["responses"].get("default"))
        if found is None:
            raise Mismatch(f"{method} {path}: status {status} is not in the document")
        return self.resolve(found)

    def check(self, method, path, status, headers, body, page=False):
        said = self.response(method, path, status, page)
        (kind, content), = said["content"].items()
        full = kind + "; charset=utf-8" if kind == "text/plain" else kind
        if page and path == "/metrics":
            full = "text/plain; version=0.0.4; charset=utf-8"
        if headers.get("content-type") != full:
            raise Mismatch(f"content type {headers.get('content-type')!r}, expected {full!r}")
        for name, header in said.get("headers", {}).items():
            schema = self.resolve(header)["schema"]
            if name.lower() in headers and "enum" in schema and headers[name.lower()] not in schema["enum"]:
                raise Mismatch(f"header {name}: {headers[name.lower()]!r}")
        if self.resolve(content["schema"]) == {"type": "string"}:
            return
        if not body.endswith(b"\n"):
            raise Mismatch("the body does not end with a newline")
        self.match(json.loads(body), content["schema"], "$")

    def match(self, value, schema, at):
        schema = self.resolve(schema)
        unknown = set(schema) - KNOWN
        if unknown:
            raise Mismatch(f"{at}: the document uses {unknown}, which is not understood here")
        for part in schema.get("allOf", []):
            self.match(value, part, at)
        if value is None and (schema.get("nullable") or "type" not in schema) and None in schema.get("enum", [None]):
            return
        if "enum" in schema and value not in schema["enum"]:
            raise Mismatch(f"{at}: {value!r} is none of {schema['enum']}")
        kind = schema.get("type", "object" if "properties" in schema else None)
        if kind is not None:
            getattr(self, "match_" + kind)(value, schema, at)

    def match_object(self, value, schema, at):
        if not isinstance(value, dict):
            raise Mismatch(f"{at}: expected an object, found {value!r}")
        missing = set(schema.get("required", [])) - set(value)
        if missing:
            raise Mismatch(f"{at}: without {sorted(missing)}")
        more = schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in schema.get("properties", {}):
                self.match(member, schema["properties"][name], f"{at}.{name}")
            elif more is False:
                raise Mismatch(f"{at}: the member {name!r} is not in the document")
            elif more is not True:
                self.match(member, more, f"{at}.{name}")

    def match_array(self, value, schema, at):
        if not isinstance(value, list) or len(value) < schema.get("minItems", 0):
            raise Mismatch(f"{at}: expected an array, found {value!r}")
        for i, element in enumerate(value):
            self.match(element, schema["items"], f"{at}[{i}]")

    def match_string(self, value, schema, at):
        if not isinstance(value, str) or len(value) < schema.get("minLength", 0):
            raise Mismatch(f"{at}: expected a string, found {value!r}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            raise Mismatch(f"{at}: {value!r} does not match {schema['pattern']!r}")
        if schema.get("format") == "byte":
            try:
                base64.b64decode(value, validate=True)
            except binascii.Error as e:
                raise Mismatch(f"{at}: not base64: {e}") from e

    def match_integer(self, value, schema, at):
        if not isinstance(value, int) or isinstance(value, bool):
            raise Mismatch(f"{at}: expected a whole number, found {value!r}")
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            raise Mismatch(f"{at}: {value} is out of bounds")

    def match_boolean(self, value, schema, at):
        if not isinstance(value, bool):
            raise Mismatch(f"{at}: expected true or false, found {value!r}")
