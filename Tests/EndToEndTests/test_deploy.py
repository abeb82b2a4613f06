"""Examples/deploy: every file names only what exists, agrees with the others, and the systemd unit is closed."""

import json
import os
import re
import shlex
import subprocess

import pytest
import yaml

import deploy_files as deploy
from deployment import BINARY, ROOT

# Of systemd's scale from 0 (closed) to 10 (wide open), in tenths.
MOST_EXPOSURE = 15


def config(environment: dict[str, str], *arguments: object, folder) -> dict:
    """What the program makes of settings; it has to find nothing wrong with them."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_TOKENS_")}
    done = subprocess.run(
        [BINARY, "config", "--json", *arguments], env=clean | environment, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class TestUnit:
    @pytest.fixture
    def unit(self, tmp_path):
        """The unit with the path of a program that exists; systemd looks."""
        file = tmp_path / deploy.UNIT.name
        file.write_text(deploy.UNIT.read_text().replace("/usr/local/bin/chat-tokens", str(BINARY)))
        return file

    def test_systemd_finds_nothing_wrong(self, program, unit):
        done = subprocess.run(
            [program("systemd-analyze"), "verify", "--man=no", unit], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr

    def test_systemd_rates_it_as_closed(self, program, unit):
        done = subprocess.run(
            [program("systemd-analyze"), "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", unit],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_threads_that_hash_passwords_may_step_back(self):
        assert deploy.unit("SystemCallFilter")[-1] == "setpriority"

    def test_its_user_is_not_root(self):
        assert deploy.unit("User") == deploy.unit("Group") == ["chat-tokens"]


class TestAgreement:
    def test_every_variable_is_a_setting_that_the_program_knows(self, tmp_path):
        known = {"CHAT_TOKENS_CONFIG"} | {
            "CHAT_TOKENS_" + re.sub(r"(?=[A-Z])", "_", name).upper() for name in config({}, folder=tmp_path)}
        # An API key, in README.md, is for the caller.
        known.add("CHAT_TOKENS_API_KEY")
        for file in deploy.files():
            assert set(re.findall(r"CHAT_TOKENS_[A-Z_]+", file.read_text())) <= known, file

    def test_the_program_takes_the_settings_of_every_node(self, tmp_path):
        compose = deploy.compose()["services"]["node-1"]["environment"]
        for environment in (deploy.image_environment() | compose, deploy.pod_environment()):
            settings = config(environment, folder=tmp_path)
            assert settings["databaseUrl"]["source"] != "default" and settings["redisUrl"]["source"] != "default"
        settings = config({}, "--config", deploy.UNIT_SETTINGS, folder=tmp_path)
        written = json.loads(deploy.UNIT_SETTINGS.read_text())
        assert {name for name, setting in settings.items() if setting["source"] != "default"} == set(written)

    def test_every_command_is_one_of_the_program(self, made):
        commands = deploy.commands()
        assert len(commands) >= 10
        for words in commands:
            flags = [word for word in words if word.startswith("--")]
            done = made.attempt(*words, "--help")
            path = [word for word in words if re.fullmatch("[a-z]+", word)][:2]
            assert done.returncode == 0 and f"USAGE: chat-tokens {path[0]}" in done.stdout, words
            assert all(f"{flag} " in done.stdout for flag in flags), words

    def test_the_commands_of_the_readme_do_what_they_are_there_for(self, make_deployment):
        deployment = make_deployment()
        commands = [words for words in deploy.commands() if words[0] in ("tenant", "key")]
        # Each way of deploying creates the tenant; here they are one deployment.
        once = {tuple(words[:words.index("--config")] if "--config" in words else words): None for words in commands}
        assert len(once) == 2
        for words in once:
            deployment.run(*words)

    def test_ports_agree(self):
        environment = deploy.image_environment()
        http = int(environment["CHAT_TOKENS_PORT"])
        metrics = int(environment["CHAT_TOKENS_METRICS_ADDRESS"].split(":")[1])
        assert deploy.instruction("EXPOSE").split() == [str(http), str(metrics)]
        nginx = deploy.NGINX.read_text()
        upstreams = re.findall(r"upstream \w+ \{(.*?)\n    \}", nginx, re.DOTALL)
        nodes = [re.findall(r"server (node-\d):(\d+)", upstream) for upstream in upstreams]
        assert nodes == [[("node-1", str(http)), ("node-2", str(http))]] * 2
        (listening,) = re.findall(r"^ +listen (\d+)", nginx, re.MULTILINE)
        (published,) = deploy.compose()["services"]["nginx"]["ports"]
        assert published.split(":")[2] == listening
        ports = {port["name"]: port["containerPort"] for port in deploy.container(deploy.pods()[1])["ports"]}
        assert ports == {"http": http, "metrics": metrics}
        assert deploy.the("Service")["spec"]["ports"][0]["targetPort"] in ports
        annotations = deploy.the("Deployment")["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/port"] == str(metrics)

    def test_the_server_has_the_time_it_gives_itself_to_stop(self):
        source = (ROOT / "Sources/ChatTokens/Serve/Assembly.swift").read_text()
        limit = int(re.search(r"maximumGracefulShutdownDuration = \.seconds\((\d+)\)", source)[1])
        services = deploy.compose()["services"]
        nodes = [int(services[name]["stop_grace_period"].removesuffix("s")) for name in ("node-1", "node-2")]
        assert min(int(deploy.unit("TimeoutStopSec")[0]), *nodes) > limit

    def test_nodes_behind_the_balancer_believe_it_and_nobody_else(self):
        compose = deploy.compose()
        (network,) = compose["networks"]["inside"]["ipam"]["config"]
        assert compose["services"]["node-1"]["environment"]["CHAT_TOKENS_TRUSTED_PROXIES"] == network["subnet"]

    def test_documents_name_the_packages_that_the_makefile_installs(self):
        (needed,) = re.findall(r"^BUILD_PACKAGES := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for name in ("CONTRIBUTING.md", "Benchmarks/README.md"):
            text = (ROOT / name).read_text()
            assert not [package for package in needed.split() if package.split(":")[0] not in text], name

    def test_paths_that_are_asked_for_exist(self):
        described = yaml.safe_load((ROOT / "openapi/openapi.yaml").read_text())["paths"]
        probes = [deploy.container(deploy.pods()[1])[f"{name}Probe"]["httpGet"]["path"]
                  for name in ("startup", "liveness", "readiness")]
        asked = {*probes, re.search(r"GET (\S+)", deploy.health_check()[2])[1]}
        assert asked | set(re.findall(r"location (?:= )?(/\w+)", deploy.NGINX.read_text())) <= set(described)

    def test_kept_connections_end_at_the_balancer_first(self):
        source = (ROOT / "Sources/WebAPI/Lanes/Connections.swift").read_text()
        node = int(re.search(r"idleSeconds: Int64 = (\d+)", source)[1])
        upstreams = re.findall(r"upstream \w+ \{(.*?)\n    \}", deploy.NGINX.read_text(), re.DOTALL)
        assert upstreams
        for upstream in upstreams:
            assert int(re.search(r"keepalive_timeout (\d+)s", upstream)[1]) < node

    def test_every_image_has_a_version_and_ours_is_this_one(self):
        version = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        for image in deploy.images():
            name, _, tag = image.rpartition(":")
            assert name and tag not in ("", "latest"), image
            assert not name.endswith("chat-tokens") or tag == version, image

    def test_shell_blocks_of_the_readme_are_shell(self, program):
        for block in re.findall(r"```sh\n(.*?)```", deploy.README.read_text(), re.DOTALL):
            assert subprocess.run([program("bash"), "-n"], input=block, text=True).returncode == 0
            assert shlex.split(block, comments=True)

    def test_files_that_are_linked_exist(self):
        links = re.findall(r"\]\(([^)]+)\)", deploy.README.read_text())
        assert links and all((deploy.DEPLOY / link).exists() for link in links)
