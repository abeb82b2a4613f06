"""What the files of Examples/deploy say, read as the tools read them that they are for."""

import json
import pathlib
import re
import shlex

import yaml

from deployment import ROOT

DEPLOY = ROOT / "Examples/deploy"
DOCKERFILE, IGNORED = DEPLOY / "Dockerfile", DEPLOY / "Dockerfile.dockerignore"
COMPOSE, KUBERNETES, NGINX = DEPLOY / "docker-compose.yml", DEPLOY / "kubernetes.yaml", DEPLOY / "nginx.conf"
UNIT, UNIT_SETTINGS = DEPLOY / "systemd/chat-tokens.service", DEPLOY / "systemd/settings.json"
README = DEPLOY / "README.md"

SECRETS = {"POSTGRES_PASSWORD": "secret", "CHAT_TOKENS_MASTER_KEY": "A" * 43 + "="}


def files() -> list[pathlib.Path]:
    return sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, lines joined, comments left out."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def last_stage() -> list[tuple[str, str]]:
    all_of = instructions()
    start = max(index for index, (name, _) in enumerate(all_of) if name == "FROM")
    return all_of[start:]


def instruction(name: str) -> str:
    """The argument of the only such instruction of the last stage."""
    (argument,) = [argument for found, argument in last_stage() if found == name]
    return argument


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(instruction("ENV")))


def health_check() -> list[str]:
    return json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])


def compose() -> dict:
    """The compose file with the variables of its environment filled in."""

    def value(match: re.Match) -> str:
        name, _, rest = match[1].partition(":")
        return SECRETS.get(name) or rest.removeprefix("-")

    return yaml.safe_load(re.sub(r"\$\{([^}]+)\}", value, COMPOSE.read_text()))


def kubernetes(kind: str | None = None) -> list[dict]:
    documents = list(yaml.safe_load_all(KUBERNETES.read_text()))
    return [document for document in documents if kind in (None, document["kind"])]


def the(kind: str) -> dict:
    (document,) = kubernetes(kind)
    return document


def pods() -> list[dict]:
    """The pods that the manifest makes."""
    return [document["spec"]["template"]["spec"] for kind in ("Job", "Deployment") for document in kubernetes(kind)]


def container(pod: dict) -> dict:
    (only,) = pod["containers"]
    return only


def pod_environment() -> dict[str, str]:
    """What a pod's environment holds, with the example secrets made real."""
    text = the("ConfigMap")["data"] | the("Secret")["stringData"]
    return image_environment() | text | {"CHAT_TOKENS_MASTER_KEY": SECRETS["CHAT_TOKENS_MASTER_KEY"]}


def unit(name: str) -> list[str]:
    """The values of a setting of the systemd unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def images() -> list[str]:
    found = [argument.split()[0] for name, argument in instructions() if name == "FROM"]
    found += [service["image"] for service in compose()["services"].values()]
    return found + [container(pod)["image"] for pod in pods()]


def commands() -> list[list[str]]:
    """The arguments of every `chat-tokens` that these files run."""
    services = [service for service in compose()["services"].values() if service["image"].startswith("chat-tokens:")]
    found = [json.loads(instruction("CMD"))] + [service["command"] for service in services if "command" in service]
    found += [container(pod)["args"] for pod in pods()]
    lines = [line for name in ("ExecStart", "ExecStartPre") for line in unit(name)]
    lines += [line for block in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
              for line in block.replace("\\\n", "").splitlines()]
    for words in (shlex.split(line, comments=True) for line in lines):
        starts = [index for index, word in enumerate(words[:-1]) if pathlib.Path(word).name == "chat-tokens"]
        found += [words[index + 1:] for index in starts if re.fullmatch("[a-z]+", words[index + 1])]
    return found
