"""The documentation page: openapi.yaml as one page of HTML without scripts that loads nothing."""
import html
import json
import re

TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def escape(text):
    return html.escape(str(text), quote=True)


def prose(text):
    """The little Markdown that descriptions use: paragraphs, `code`, **bold**, [links](…)."""
    def inline(part):
        part = escape(part)
        part = re.sub(r"`([^`]+)`", r"<code>\1</code>", part)
        part = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", part)
        return re.sub(r"\[([^]]+)\]\((https?://[^)]+)\)", r'<a href="\2">\1</a>', part)
    return "".join(f"<p>{inline(part)}</p>" for part in re.split(r"\n\s*\n", (text or "").strip()) if part)


def phrase(text):
    """`prose` of one paragraph, without the paragraph."""
    return prose(text).removeprefix("<p>").removesuffix("</p>")


def shorten(text):
    """Tokens in examples, cut so that a line can be read."""
    return TOKEN.sub(lambda match: match[0][:12] + "…" + match[0][-6:], text)


def dump(value):
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre><code>{escape(shorten(text).rstrip())}</code></pre>"


class Page:
    def __init__(self, document):
        self.document = document

    def resolve(self, node):
        if "$ref" not in node:
            return node
        target = self.document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        return {**target, **{key: value for key, value in node.items() if key != "$ref"}}

    def kind(self, schema):
        """A schema in a few words, its name as a link."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f'<a href="#schema-{name}">{name}</a>'
        if "oneOf" in schema:
            return " or ".join(self.kind(each) for each in schema["oneOf"])
        if "const" in schema:
            return f"<code>{escape(json.dumps(schema['const']))}</code>"
        if "enum" in schema:
            return " or ".join(f"<code>{escape(v if isinstance(v, str) else json.dumps(v))}</code>" for v in schema["enum"])
        if schema.get("type") == "array" and "items" in schema:
            bounds = self.bounds(schema, "Items").removeprefix(", ")
            return f"array of {bounds and bounds + ' × '}{self.kind(schema['items'])}"
        kinds = schema.get("type", "any")
        text = escape(" or ".join(kinds) if isinstance(kinds, list) else kinds)
        return text + self.bounds(schema, "Length") + self.bounds(schema, "imum")

    def bounds(self, schema, suffix):
        low, high = schema.get("min" + suffix), schema.get("max" + suffix)
        unit = {"Length": " characters", "Items": "", "imum": ""}[suffix]
        if low is None and high is None:
            return ""
        if low is not None and high is not None:
            return f", {low:,} to {high:,}{unit}"
        return f", at most {high:,}{unit}" if low is None else f", at least {low:,}{unit}"

    def members(self, schema):
        schema = self.resolve(schema)
        if "properties" not in schema:
            return ""
        rows = "".join(
            f'<tr><td><code>{escape(name)}</code>{self.must(name in schema.get("required", []))}</td>'
            f'<td class="kind">{self.kind(member)}</td><td>{phrase(self.resolve(member).get("description"))}</td></tr>'
            for name, member in schema["properties"].items())
        return f"<table><tr><th>member</th><th>type</th><th></th></tr>{rows}</table>"

    def must(self, required):
        return '<br><span class="must">required</span>' if required else ""

    def examples(self, media):
        return "".join(
            f"<details><summary>{phrase(each.get('summary', name))}</summary>{dump(each['value'])}</details>"
            for name, each in media.get("examples", {}).items())

    def curl(self, path, method, operation):
        parameters = [self.resolve(each) for each in operation.get("parameters", [])]
        for each in parameters:
            if each["in"] == "path":
                path = path.replace("{%s}" % each["name"], str(each["example"]))
        query = "&".join(f"{each['name']}={each['example']}" for each in parameters if each["in"] == "query")
        url = self.document["servers"][0]["url"] + path + (f"?{query}" if query else "")
        lines = [f"curl -i '{url}'" if query else f"curl -i {url}"]
        schemes = operation["security"][0] if operation["security"] else {}
        if "apiKey" in schemes:
            lines.append('-H "X-API-Key: $CHAT_TOKENS_API_KEY"')
        if "bearerToken" in schemes:
            lines.append('-H "Authorization: Bearer $WS_TOKEN"')
        if "requestBody" in operation:
            kind, media = next(iter(operation["requestBody"]["content"].items()))
            value = next(iter(media["examples"].values()))["value"]
            if kind == "application/json":
                body = json.dumps(value, indent=2, ensure_ascii=False)
                lines += ["-H 'Content-Type: application/json'", f"-d '{body}'"]
            else:
                lines += [f"--data-urlencode '{name}={text}'" for name, text in value.items()]
        return dump(" \\\n     ".join(lines))

    def parameters(self, operation):
        rows = "".join(
            f'<tr><td><code>{escape(each["name"])}</code>{self.must(each.get("required"))}</td>'
            f'<td class="kind">{each["in"]}, {self.kind(each["schema"])}</td>'
            f'<td>{phrase(each.get("description"))}</td></tr>'
            for each in map(self.resolve, operation.get("parameters", [])))
        return f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""

    def request(self, operation):
        if "requestBody" not in operation:
            return ""
        media = next(iter(operation["requestBody"]["content"].values()))
        name = media["schema"]["$ref"].rsplit("/", 1)[1]
        return (f'<h4>Body: <a href="#schema-{name}">{name}</a></h4>{self.members(media["schema"])}'
                f"{self.examples(media)}")

    def responses(self, operation):
        rows = ""
        for status, response in operation["responses"].items():
            response = self.resolve(response)
            media = next(iter(response.get("content", {}).values()), {})
            schema = media.get("schema", {})
            body = f" Body: {self.kind(schema)}." if "$ref" in schema else ""
            headers = ", ".join(f"<code>{name}</code>" for name in response.get("headers", {}) if name != "X-Request-ID")
            rows += (f'<tr><td class="status {"ok" if int(status) < 400 else "no"}">{status}</td>'
                     f"<td>{prose(response['description'])}"
                     f"<p>{'Headers: ' + headers + '.' if headers else ''}{body}</p>{self.examples(media)}</td></tr>")
        return f"<h4>Answers</h4><table>{rows}</table>"

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def operation(self, path, method, operation):
        door = "" if operation["security"] else "<p>Public: needs no key.</p>"
        return (f'<section id="{operation["operationId"]}"><h3>{escape(operation["summary"])}</h3>'
                f'<div class="route"><span class="{method}">{method.upper()}</span> {escape(path)}</div>'
                f'{prose(operation["description"])}{door}{self.curl(path, method, operation)}'
                f"{self.request(operation)}{self.parameters(operation)}{self.responses(operation)}</section>")

    def codes(self):
        errors = "".join(
            f'<tr id="{code}"><td class="status no">{each["status"]}</td><td><code>{code}</code></td>'
            f'<td>{phrase(each["meaning"])}</td></tr>' for code, each in self.document["x-error-codes"].items())
        taken = self.document["x-error-codes"]
        verdicts = "".join(
            f'<tr{"" if code in taken else f" id={chr(34)}{code}{chr(34)}"}><td><code>{code}</code></td>'
            f"<td>{phrase(text)}</td></tr>" for code, text in self.document["x-verification-codes"].items())
        return (f'<h2 id="errors">Error codes</h2><table><tr><th>status</th><th>code</th><th></th></tr>{errors}</table>'
                f'<h2 id="verdicts">Verification codes</h2><p>Why <code>valid</code> is <code>false</code>, and the '
                f"<code>code</code> of a 401 of <code>GET /verify</code>.</p><table>{verdicts}</table>")

    def schemas(self):
        sections = ""
        for name, schema in self.document["components"]["schemas"].items():
            if name in ("ErrorCode", "VerificationCode"):
                listing = f'<p><a href="#{"errors" if name == "ErrorCode" else "verdicts"}">The list.</a></p>'
            else:
                pattern = f"<p>Pattern <code>{escape(schema['pattern'])}</code></p>" if "pattern" in schema else ""
                listing = self.members(schema) or f"<p>{self.kind(schema)}</p>{pattern}"
            sections += f'<section id="schema-{name}"><h3>{name}</h3>{prose(schema.get("description"))}{listing}</section>'
        return f'<h2 id="schemas">Schemas</h2>{sections}'

    def contents(self):
        groups = ""
        for tag in self.document["tags"]:
            items = "".join(
                f'<li><a href="#{operation["operationId"]}"><span class="{method}">{method.upper()}</span>'
                f'{escape(operation["summary"])}</a></li>'
                for _, method, operation in self.operations() if tag["name"] in operation["tags"])
            groups += f"<h2>{tag['name']}</h2><ul>{items}</ul>"
        rest = "".join(f'<li><a href="#{anchor}">{title}</a></li>' for anchor, title in (
            ("keys", "API keys"), ("errors", "Error codes"), ("verdicts", "Verification codes"), ("schemas", "Schemas")))
        info = self.document["info"]
        return (f'<nav aria-label="Contents"><strong>{info["title"]}</strong><p>version {info["version"]} · '
                f'<a href="/openapi.yaml">openapi.yaml</a></p>{groups}<h2>Reference</h2><ul>{rest}</ul></nav>')

    def body(self):
        info = self.document["info"]
        schemes = self.document["components"]["securitySchemes"]
        sections = "".join(
            f'<h2 id="{tag["name"].lower()}">{tag["name"]}</h2>{prose(tag["description"])}' + "".join(
                self.operation(*each) for each in self.operations() if tag["name"] in each[2]["tags"])
            for tag in self.document["tags"])
        return (f'<main><h1>{info["title"]}</h1><p class="lead">{escape(info["summary"])}</p>{prose(info["description"])}'
                f'{sections}<h2 id="keys">API keys</h2>{prose(schemes["apiKey"]["description"])}'
                f"{self.codes()}{self.schemas()}<footer>{info['title']} {info['version']}, {info['license']['name']}."
                f"</footer></main>")


def style_text(style):
    """The content of the page's only style element, whose digest the content security policy names."""
    return "\n" + style


def render(document, style):
    page = Page(document)
    title = f'{document["info"]["title"]} {document["info"]["version"]}'
    text = (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
            f"<style>{style_text(style)}</style>\n</head>\n<body>{page.contents()}{page.body()}</body>\n</html>\n")
    # One element a line, so that a change of the description is a small change of the generated source.
    return re.sub(r"(</(?:p|h[1-4]|li|tr|table|section|nav|details|pre|ul|div)>)(?!\n)", r"\1\n", text)
