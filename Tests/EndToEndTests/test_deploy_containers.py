"""Examples/deploy: the image, the compose file and the Kubernetes manifest are what their tools take, and closed."""

import importlib
import os
import re
import subprocess
import sys

import pytest
import yaml

import deploy_files as deploy
from balancer import Node
from deployment import BINARY, ROOT, free_port

SUPPORTED_KUBERNETES = ("1.29", "1.33")
# In debian:bookworm-slim before anything is installed.
BASE = {"libc6", "libgcc-s1", "libstdc++6"}


@pytest.fixture
def linter(unavailable):
    """A module of the virtual environment."""

    def find(name: str):
        try:
            return importlib.import_module(name)
        except ImportError:
            return unavailable(name)

    return find


@pytest.fixture
def hadolint(program, monkeypatch):
    monkeypatch.setenv("PATH", f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}")
    return program("hadolint")


class TestDockerfile:
    def test_the_linter_finds_nothing(self, hadolint):
        command = [hadolint, "--failure-threshold", "style", deploy.DOCKERFILE]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout

    def test_it_runs_as_a_user_with_a_number_that_is_not_root(self):
        user, _, group = deploy.instruction("USER").partition(":")
        assert int(user) > 1000 and int(group) > 1000

    def test_every_stage_that_installs_leaves_no_package_lists(self):
        installs = [text for name, text in deploy.instructions() if name == "RUN" and "apt-get" in text]
        assert installs and all("rm -rf /var/lib/apt/lists/*" in text for text in installs)

    def test_the_image_holds_the_program_that_fetches_urls(self):
        assert '"curl", "--fail"' in (ROOT / "Sources/ChatTokens/Commands/Tokens/Document.swift").read_text()
        (install,) = [text for name, text in deploy.last_stage() if name == "RUN"]
        assert "curl" in install.split()

    def test_the_image_holds_the_libraries_that_the_program_is_linked_with_and_no_others(self, program):
        needed = subprocess.run([program("readelf"), "-d", BINARY], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", needed)
        # The Swift runtime, which a debug build has beside it and a release inside, is of no package.
        owners = subprocess.run(
            [program("dpkg-query"), "--search", *(f"*-linux-gnu*/{name}" for name in names)],
            capture_output=True, text=True)
        packages = {line.split(":")[0] for line in owners.stdout.splitlines()}
        (install,) = [text for name, text in deploy.last_stage() if name == "RUN"]
        installed = set(re.search(r"--no-install-recommends([^&]*)", install)[1].split())
        assert installed - {"ca-certificates", "curl"} == packages - BASE

    def test_the_context_holds_every_folder_that_the_package_names(self):
        patterns = [line for line in deploy.IGNORED.read_text().splitlines() if line and not line.startswith("#")]
        needed = r"Sources|Tests|Benchmarks/Micro|Package|Make|\.ci|\*(?!\*/)"
        assert not [pattern for pattern in patterns if re.match(needed, pattern)]
        assert {".git", ".build", ".data", "**/master.key*", "**/.env"} <= set(patterns)

    def test_its_health_check_asks_whether_the_server_is_ready(self, server):
        *shell, script = deploy.health_check()
        image_port = deploy.image_environment()["CHAT_TOKENS_PORT"]
        assert shell == ["bash", "-c"] and f"/{image_port} " in script

        def status(port: int) -> int:
            command = [*shell, script.replace(f"/{image_port} ", f"/{port} ")]
            return subprocess.run(command, capture_output=True).returncode

        assert status(server.port) == 0
        assert status(free_port()) != 0
        node = Node("not ready")
        assert status(node.port) == 0
        node.mode = "unavailable"
        assert status(node.port) != 0


class TestCompose:
    def test_it_fits_the_compose_specification(self, linter):
        # The package reads YAML without merge keys, so that it gets what they stand for.
        linter("compose_spec").PyCompose.from_yaml(yaml.safe_dump(deploy.compose()))

    def test_nodes_are_alike(self):
        services = deploy.compose()["services"]
        assert services["node-1"] == services["node-2"] and "ports" not in services["node-1"]

    def test_nodes_start_after_the_schema_and_the_balancer_after_the_nodes(self):
        services = deploy.compose()["services"]
        waits = {name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
                 for name, service in services.items()}
        assert waits["migrate"] == {"postgres": "service_healthy"}
        assert waits["node-1"]["migrate"] == "service_completed_successfully"
        assert waits["nginx"] == {"node-1": "service_healthy", "node-2": "service_healthy"}

    def test_only_the_balancer_can_be_reached_and_only_from_this_machine(self):
        compose = deploy.compose()
        open_to = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
        assert list(open_to) == ["nginx"] and open_to["nginx"][0].startswith("127.0.0.1:")
        outside = [name for name, service in compose["services"].items() if service["networks"] != ["inside"]]
        assert outside == ["nginx"] and compose["networks"]["inside"]["internal"] is True

    def test_what_needs_no_rights_has_none(self):
        services = deploy.compose()["services"]
        confined = [name for name, service in services.items()
                    if service.get("read_only") and service.get("cap_drop") == ["ALL"]]
        assert set(services) - set(confined) == {"postgres"}

    def test_no_secret_is_written_in_it(self):
        text = deploy.COMPOSE.read_text()
        values = re.findall(r"(?:PASSWORD|MASTER_KEY): +(\S.*)", text) + re.findall(r"//\w+:(.*)@", text)
        assert len(values) == 3 and all(re.fullmatch(r"\$\{\w+:\?.*\}", value) for value in values), values


class TestKubernetes:
    @pytest.mark.parametrize("version", SUPPORTED_KUBERNETES)
    def test_every_object_fits_the_schema(self, linter, version):
        validate = linter("kubernetes_validate").validate
        for document in deploy.kubernetes():
            validate(document, version, strict=True)

    def test_there_is_everything_that_a_deployment_needs(self):
        assert sorted(document["kind"] for document in deploy.kubernetes()) == [
            "ConfigMap", "Deployment", "Job", "PodDisruptionBudget", "Secret", "Service"]

    def test_pods_are_confined(self):
        for pod in deploy.pods():
            inside = deploy.container(pod)["securityContext"]
            user = deploy.instruction("USER").split(":")[0]
            assert pod["securityContext"]["runAsNonRoot"] and str(pod["securityContext"]["runAsUser"]) == user
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            assert inside["readOnlyRootFilesystem"] and not inside["allowPrivilegeEscalation"]
            assert inside["capabilities"] == {"drop": ["ALL"]} and not pod["automountServiceAccountToken"]

    def test_the_variables_that_kubernetes_makes_of_the_service_stay_out(self, made):
        # A Service called chat-tokens would set the server's own port to something that is none.
        assert all(pod["enableServiceLinks"] is False for pod in deploy.pods())
        name = deploy.the("Service")["metadata"]["name"].upper().replace("-", "_")
        assert name == "CHAT_TOKENS" and made.attempt("config", PORT="tcp://10.0.0.1:80").returncode != 0

    def test_selectors_find_the_pods_and_only_those(self):
        labels = deploy.the("Deployment")["spec"]["template"]["metadata"]["labels"]
        assert deploy.the("Deployment")["spec"]["selector"]["matchLabels"] == labels
        assert deploy.the("Service")["spec"]["selector"] == labels
        assert deploy.the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
        assert deploy.the("Job")["spec"]["template"]["metadata"]["labels"] != labels

    def test_settings_come_from_objects_that_exist(self):
        there = {(document["kind"], document["metadata"]["name"]) for document in deploy.kubernetes()}
        for pod in deploy.pods():
            for source in deploy.container(pod)["envFrom"]:
                ((reference, name),) = [(kind, value["name"]) for kind, value in source.items()]
                assert ({"configMapRef": "ConfigMap", "secretRef": "Secret"}[reference], name) in there

    def test_probes_ask_the_right_questions(self):
        node = deploy.container(deploy.pods()[1])
        paths = {name: node[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
        assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}

    def test_a_node_has_the_time_to_leave(self):
        node = deploy.pods()[1]
        pause = int(deploy.container(node)["lifecycle"]["preStop"]["exec"]["command"][1])
        (stop,) = deploy.unit("TimeoutStopSec")
        assert node["terminationGracePeriodSeconds"] >= pause + int(stop)

    def test_an_upgrade_takes_no_node_away_before_its_successor_is_ready(self):
        spec = deploy.the("Deployment")["spec"]
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
        assert deploy.the("PodDisruptionBudget")["spec"]["maxUnavailable"] < spec["replicas"]
