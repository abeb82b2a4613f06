"""Fixtures: the HTTP gateways of Examples/gateways, each started with the example's own configuration."""

import contextlib
import pathlib

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import evidence
import jose
from certificate import certificate
from deployment import free_port
from gateway import EXAMPLES, Gateway, daemon, filled, open_to_workers
from upstream import Upstream

# By name: the tenant whose tokens it takes, and the query parameter that may hold one.
GATEWAYS = {
    "nginx": ("acme", "token"),
    "caddy": ("acme", "token"),
    "haproxy_hs256": ("acme", "token"),
    "haproxy_es256": ("curves", "token"),
    "apache": ("curves", "access_token"),
    "apache_introspection": ("curves", "access_token"),
}
# They take the tokens of whichever tenant, by asking ChatTokens.
ASKING = ("nginx", "caddy")
# To them, what is revoked is revoked at once.
UP_TO_DATE = (*ASKING, "apache_introspection")


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def signed_es256(server, deployment):
    deployment.tenant("curves", algorithm="ES256")
    return deployment.key("curves")


@pytest.fixture(scope="module")
def gateway_by_name(request, server, deployment, key, signed_es256):
    """Starts a gateway, unless it runs."""

    def start(name: str) -> Gateway:
        port = request.getfixturevalue(name)
        tenant, query = GATEWAYS[name]
        return Gateway(name, port, tenant, server, deployment, signed_es256 if tenant == "curves" else key, query)

    return start


@pytest.fixture(params=GATEWAYS)
def gateway(request, gateway_by_name):
    return gateway_by_name(request.param)


@pytest.fixture(params=ASKING)
def asking_gateway(request, gateway_by_name):
    return gateway_by_name(request.param)


@pytest.fixture
def gateways(gateway_by_name):
    return [gateway_by_name(name) for name in GATEWAYS]


@contextlib.contextmanager
def nginx_before(deployment, node_key: str, upstream, program, folder: pathlib.Path):
    port = free_port()
    values = {
        "CHAT_TOKENS_ADDRESS": f"127.0.0.1:{deployment.port}",
        "CHAT_TOKENS_NODE_KEY": node_key,
        "CHAT_ADDRESS": upstream.address,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_RUN_DIR": str(folder),
    }
    (folder / "nginx.conf").write_text(filled("nginx/nginx.conf.template", values))
    evidence.LOGS_OF_GATEWAYS.extend(folder / log for log in ("access.log", "error.log"))
    command = [program("nginx"), "-e", folder / "error.log", "-c", folder / "nginx.conf", "-g", "daemon off;"]
    with daemon(command, port, open_to_workers(folder)):
        yield port


@contextlib.contextmanager
def caddy_before(deployment, node_key: str, upstream, program, folder: pathlib.Path):
    port = free_port()
    environment = {
        "CHAT_TOKENS_ADDRESS": f"127.0.0.1:{deployment.port}",
        "CHAT_TOKENS_NODE_KEY": node_key,
        "CHAT_ADDRESS": upstream.address,
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "XDG_CONFIG_HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
    }
    evidence.LOGS_OF_GATEWAYS.append(folder / "daemon.out")
    with daemon([program("caddy"), "run", "--config", EXAMPLES / "caddy/Caddyfile"], port, folder, environment):
        yield port


@pytest.fixture(scope="module")
def nginx(server, deployment, upstream, node_key, program, tmp_path_factory):
    with nginx_before(deployment, node_key, upstream, program, tmp_path_factory.mktemp("nginx")) as port:
        yield port


@pytest.fixture(scope="module")
def caddy(server, deployment, upstream, node_key, program, tmp_path_factory):
    with caddy_before(deployment, node_key, upstream, program, tmp_path_factory.mktemp("caddy")) as port:
        yield port


def haproxy_with(example: str, environment: dict[str, str], upstream, program, folder):
    port = free_port()
    environment |= {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "CHAT_ADDRESS": upstream.address}
    return daemon([program("haproxy"), "-db", "-f", EXAMPLES / "haproxy" / example], port, folder, environment)


@pytest.fixture(scope="module")
def haproxy_hs256(server, deployment, upstream, program, tmp_path_factory):
    jwk = deployment.secret("acme")
    environment = {
        "CHAT_TOKENS_KID": jwk["kid"],
        "CHAT_TOKENS_ISSUER": deployment.issuer("acme"),
        "CHAT_TOKENS_SECRET": "".join(f"%{byte:02x}" for byte in jose.base64url_decode(jwk["k"])),
    }
    with haproxy_with("haproxy-hs256.cfg", environment, upstream, program, tmp_path_factory.mktemp("haproxy")) as port:
        yield port


@pytest.fixture(scope="module")
def haproxy_es256(server, deployment, signed_es256, upstream, program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("haproxy")
    key = jwt.PyJWKClient(deployment.issuer("curves") + "/.well-known/jwks.json").get_signing_keys()[0]
    pem = folder / "curves.pem"
    pem.write_bytes(key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    environment = {
        "CHAT_TOKENS_KID": key.key_id,
        "CHAT_TOKENS_ISSUER": deployment.issuer("curves"),
        "CHAT_TOKENS_PUBLIC_KEY": str(pem),
    }
    with haproxy_with("haproxy-es256.cfg", environment, upstream, program, folder) as port:
        yield port


@pytest.fixture(scope="module")
def tls_door(server, program, tmp_path_factory):
    """What ends TLS before ChatTokens; its address and the file of its certificate."""
    folder, port = tmp_path_factory.mktemp("tls"), free_port()
    files = certificate(folder, program("openssl"))
    (folder / "both.pem").write_text("".join(file.read_text() for file in files))
    (folder / "tls.cfg").write_text(
        "defaults\n  mode http\n  timeout client 30s\n  timeout server 30s\n  timeout connect 1s\n"
        f"listen tls\n  bind 127.0.0.1:{port} ssl crt {folder}/both.pem\n  server one 127.0.0.1:{server.port}\n"
    )
    with daemon([program("haproxy"), "-db", "-f", folder / "tls.cfg"], port, open_to_workers(folder)):
        yield f"https://127.0.0.1:{port}", files[0]


@pytest.fixture(scope="module")
def apache_with(deployment, signed_es256, upstream, tls_door, program, unavailable, tmp_path_factory):
    """Starts Apache with these arguments."""

    @contextlib.contextmanager
    def start(*arguments: str):
        modules = pathlib.Path("/usr/lib/apache2/modules")
        if not (modules / "mod_auth_openidc.so").exists():
            unavailable("mod_auth_openidc")
        folder, port = tmp_path_factory.mktemp("apache"), free_port()
        verifier = deployment.run("key", "create", "--tenant", "curves", "--name", "apache", "--scope", "tokens:verify")
        environment = {
            "APACHE_MODULES": str(modules),
            "CHAT_TOKENS_JWKS": f"{tls_door[0]}/t/curves/.well-known/jwks.json",
            "CHAT_TOKENS_INTROSPECTION": f"{tls_door[0]}/oauth2/introspect",
            "CHAT_TOKENS_KEY_ID": verifier["id"],
            "CHAT_TOKENS_API_KEY": verifier["apiKey"],
            "CHAT_TOKENS_CA": str(tls_door[1]),
            "CHAT_TOKENS_ISSUER": deployment.issuer("curves"),
            "CHAT_TOKENS_TENANT": "curves",
            "CHAT_ADDRESS": upstream.address,
            "GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "GATEWAY_RUN_DIR": str(folder),
        }
        command = [program("apache2"), "-D", "FOREGROUND", *arguments, "-f", EXAMPLES / "apache/apache.conf"]
        with daemon(command, port, open_to_workers(folder), environment):
            evidence.LOGS_OF_GATEWAYS.extend([folder / "error.log", folder / "daemon.out"])
            yield port

    return start


@pytest.fixture(scope="module")
def apache(apache_with):
    with apache_with() as port:
        yield port


@pytest.fixture(scope="module")
def apache_introspection(apache_with):
    with apache_with("-D", "Introspection") as port:
        yield port
