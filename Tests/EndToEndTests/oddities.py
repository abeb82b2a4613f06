"""JSON texts of headers and payloads that are wrong, ambiguous, or merely unusual; each is signed as it stands.

A header trick is given the JSON texts of `alg`, `typ`, `kid` (and of `jwk`, a key of the forger's own); a payload trick
the good payload, a compact JSON object.
"""

import json


def members(*pairs: tuple[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{value}" for name, value in pairs) + "}"


def good(fields: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, fields[name]) for name in ("alg", "typ", "kid")]


def setting(name: str, value: str):
    """The good header with one member set."""
    return lambda fields: members(*(dict(good(fields)) | {name: value}).items())


def leaving_out(name: str):
    return lambda fields: members(*(pair for pair in good(fields) if pair[0] != name))


def then(*pairs: tuple[str, str]):
    """The good header with more members behind."""
    return lambda fields: members(*good(fields), *pairs)


def around(before: str, after: str, encoding: str = "utf-8"):
    return lambda text: f"{before}{text}{after}".encode(encoding)


def escaped(text: str) -> str:
    """The JSON text of a string with its first character escaped."""
    return rf'"\u{ord(text[1]):04x}{text[2:]}'


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


# What is done to a text that is a JSON object, header or payload.
_TEXTS = {
    "space around": around(" \t\r\n", "\n"),
    "byte order mark": around("\ufeff", ""),
    "UTF-16": around("", "", "utf-16"),
    "UTF-16LE": around("", "", "utf-16-le"),
    "UTF-16BE": around("", "", "utf-16-be"),
    "UTF-32": around("", "", "utf-32"),
    "UTF-32LE": around("", "", "utf-32-le"),
    "no-break space": around("\u00a0", ""),
    "form feed": around("\f", ""),
    "NUL behind": around("", "\0"),
    "object behind": around("", "{}"),
    "comma behind": around("", ","),
    "trailing comma": lambda text: f"{text[:-1]},}}".encode(),
    "comment": lambda text: f"/**/{text}".encode(),
    "line comment": lambda text: f"{text}//".encode(),
    "unclosed": lambda text: text[:-1].encode(),
    "single quotes": lambda text: text.replace('"', "'").encode(),
    "bare names": lambda text: text.replace('{"', "{").replace('":', ":").encode(),
    "in an array": around("[", "]"),
    "as a string": lambda text: json.dumps(text).encode(),
    "empty": lambda text: b"",
    "empty object": lambda text: b"{}",
    "empty array": lambda text: b"[]",
    "null": lambda text: b"null",
    "number": lambda text: b"1",
    "bad UTF-8 name": lambda text: text[:-1].encode() + b',"\xff":1}',
    "bad UTF-8 value": lambda text: text[:-1].encode() + b',"x":"\xc3\x28"}',
    "overlong UTF-8": lambda text: text[:-1].encode() + b',"x":"\xc0\xaf"}',
    "surrogate in UTF-8": lambda text: text[:-1].encode() + b',"x":"\xed\xa0\x80"}',
}

# A member more, that this server does not know.
_VALUES = {
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "leading zero": "01",
    "plus": "+1",
    "fraction without digits": "1.",
    "hex": "0x1",
    "over Int64": "9223372036854775808",
    "over Double": "1e999",
    "negative zero": "-0",
    "digits": "1" * 400,
    "lone surrogate": r'"\ud800"',
    "surrogates reversed": r'"\udc00\ud800"',
    "surrogate pair": r'"\ud83d\ude00"',
    "escaped NUL": r'"\u0000"',
    "raw control": '"\x01"',
    "raw newline": '"\n"',
    "bad escape": r'"\x41"',
    "True": "True",
    "bare word": "x",
    "depth 3": nested(3),
    "depth 15": nested(15),
    "depth 16": nested(16),
    "depth 21": nested(21),
    "depth 3000": nested(3000),
    "unbalanced": "[[]",
    "string": '"x"',
    "object with the same name twice": '{"a":1,"a":2}',
}


def _header(change):
    return lambda fields: change(members(*good(fields)))


_MEMBERS = {
    "alg": (
        '"none"', '"None"', '"NONE"', '"nOnE"', '"HS256"', '"ES256"', '"EdDSA"', '"RS256"', '"hs256"', '"es256"',
        '"eddsa"', '"HS384"', '"HS512"', '"ES384"', '"PS256"', '"Ed25519"', '"HS256 "', '""', "null", "0", "true", "[]",
        '["HS256"]', "{}",
    ),
    "typ": (
        '"jwt"', '"Jwt"', '"at+jwt"', '"AT+JWT"', '"application/jwt"', '"JWE"', '"JWT "', '""', "null", "1", '["JWT"]',
        "{}",
    ),
    "kid": (
        '""', '"unknown"', "null", "1", "true", "[]", "{}", '"../../dev/null"', "\"x' OR ''='\"",
        '"' + "k" * 3000 + '"',
    ),
    "crit": ('["exp"]', '["b64"]', "[]", "null", '"exp"', '["alg"]', '["kid","kid"]', "[1]", "{}", "true"),
    "b64": ("false", "true", "null", '"false"', "0"),
}

HEADERS = (
    {name: _header(change) for name, change in _TEXTS.items()}
    | {f"x is {name}": then(("x", value)) for name, value in _VALUES.items()}
    | {f"{name} {value}": setting(name, value) for name, values in _MEMBERS.items() for value in values}
    | {
        "crit with its extension": then(("crit", '["exp"]'), ("exp", "1")),
        "crit with b64": then(("crit", '["b64"]'), ("b64", "false")),
        "crit with b64 true": then(("crit", '["b64"]'), ("b64", "true")),
        "jku": then(("jku", '"https://attacker.example/keys"')),
        "jwk": lambda fields: members(*good(fields), ("jwk", fields["jwk"])),
        "x5u": then(("x5u", '"https://attacker.example/chain"')),
        "x5c": then(("x5c", '["MIIB"]')),
        "x5t": then(("x5t", '"AA"')),
        "cty": then(("cty", '"JWT"')),
        "zip": then(("zip", '"DEF"')),
        "iss": then(("iss", '"https://attacker.example"')),
        "alg twice, the same": lambda fields: members(*good(fields), ("alg", fields["alg"])),
        "alg none, then the right one": lambda fields: members(("alg", '"none"'), *good(fields)),
        "the right alg, then none": then(("alg", '"none"')),
        "alg twice, once escaped": lambda fields: members(*good(fields))[:-1] + r',"\u0061lg":"none"}',
        "typ twice": then(("typ", '"at+jwt"')),
        "kid twice": then(("kid", '"unknown"')),
        "x twice": then(("x", "1"), ("x", "1")),
        "ALG besides": then(("ALG", '"none"')),
        "alg escaped": lambda fields: members(*good(fields)).replace('"alg"', r'"\u0061lg"'),
        "alg's value escaped": lambda fields: members(("alg", escaped(fields["alg"])), *good(fields)[1:]),
        "no alg": leaving_out("alg"),
        "no typ": leaving_out("typ"),
        "no kid": leaving_out("kid"),
        "another order": lambda fields: members(*reversed(good(fields))),
        "space within": lambda fields: members(*good(fields)).replace(":", " : ").replace(",", " ,\n"),
        "NUL in a name": lambda fields: members(*good(fields))[:-1] + r',"\u0000":1}',
        "NUL behind alg's name": lambda fields: members(*good(fields)).replace('"alg"', r'"alg\u0000"'),
    }
)


def _more(value: str):
    return lambda text: f'{text[:-1]},"x":{value}}}'


def _replacing(old: str, new: str):
    def change(text: str) -> str:
        assert old in text, (old, text)
        return text.replace(old, new, 1)

    return change


PAYLOADS = (
    {name: change for name, change in _TEXTS.items()}
    | {f"x is {name}": _more(value) for name, value in _VALUES.items()}
    | {
        "sub twice": lambda text: f'{text[:-1]},"sub":"admin"}}',
        "sub twice, the other first": lambda text: f'{{"sub":"admin",{text[1:]}',
        "sub twice, once escaped": lambda text: rf'{text[:-1]},"\u0073ub":"admin"}}',
        "exp twice": lambda text: f'{text[:-1]},"exp":99999999999}}',
        "x twice": lambda text: f'{text[:-1]},"x":1,"x":1}}',
        "sub's name escaped": _replacing('"sub"', r'"\u0073ub"'),
        "exp a fraction": _replacing('"exp":', '"exp":0.5e1'),
        "exp a string": lambda text: f'{{"exp":"99999999999",{text[1:]}'.replace('"exp":1', '"was":1', 1),
        "exp null": lambda text: f'{{"exp":null,{text[1:]}'.replace('"exp":1', '"was":1', 1),
        "no exp": lambda text: text.replace('"exp"', '"was"'),
        "no sub": lambda text: text.replace('"sub"', '"was"'),
        "no iss": lambda text: text.replace('"iss"', '"was"'),
        "no aud": lambda text: text.replace('"aud"', '"was"'),
        "another aud": _replacing('"aud":"', '"aud":"x'),
        "another iss": _replacing('"iss":"', '"iss":"x'),
        "space within": lambda text: text.replace(',"', ' ,\n\t"').replace('":', '" : '),
    }
)
