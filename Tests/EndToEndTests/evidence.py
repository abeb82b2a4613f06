"""What the whole test run leaves behind: every log that a server wrote, and every secret that none may hold."""

import json
import pathlib
import re

LOGS: list[pathlib.Path] = []
LOGS_OF_GATEWAYS: list[pathlib.Path] = []
SECRETS: dict[str, str] = {}
FIGURES: list[str] = []

# Three base64url parts, the first of which begins a JSON object: any token at all.
TOKEN = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")


def note_figure(text: str) -> None:
    """Remembers what a test has measured, for the end of the report."""
    FIGURES.append(text)


def note_secret(what: str, text: str) -> None:
    """Remembers a secret; of an API key the part behind the public id."""
    if match := re.fullmatch(r"[a-z0-9]+_[A-Za-z0-9]{12}([A-Za-z0-9]{32})[A-Za-z0-9]{6}", text):
        text = match.group(1)
    if len(text) >= 8:
        SECRETS[text] = what


def note_document(document: object) -> None:
    """Remembers the secrets in what a command printed."""
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str) and name in ("apiKey", "k", "d", "token", "wsToken"):
                note_secret(name, value)
            else:
                note_document(value)
    elif isinstance(document, list):
        for value in document:
            note_document(value)


def leaks(log: pathlib.Path) -> list[str]:
    """What a log holds that it must not; the secrets are named, not repeated."""
    text = log.read_bytes()
    found = [what for secret, what in SECRETS.items() if secret.encode() in text]
    found += ["something that looks like a token"] * len(TOKEN.findall(text))
    return found


def lines_that_are_not_json(log: pathlib.Path) -> list[bytes]:
    """Every line of a log that is not one JSON object."""
    bad = []
    for line in log.read_bytes().splitlines():
        try:
            if not isinstance(json.loads(line), dict):
                bad.append(line)
        except ValueError:
            bad.append(line)
    return bad
