"""Our verifier, jwt-kit and PyJWT over OpenSSL give the same verdict on thousands of forgeries.

Ours accepts exactly what both others accept and none of the listed rules refuses. So it never accepts what another
refuses, and where it refuses what another accepts, there is a reason with a name.
"""

import dataclasses
import random
import shutil

import pytest

import forgeries
import jose
import odd_keys
import readers
import strictness

SEED = 20261121
# Fewer with RS256, as the check of an RSA key takes milliseconds a line.
DAMAGED = {"HS256": 1_000, "ES256": 1_000, "EdDSA": 1_000, "RS256": 200}
ALGORITHMS = tuple(DAMAGED)


@dataclasses.dataclass(frozen=True)
class Judged:
    """A forgery, what the two others say of it, and the rules by which we refuse it."""

    forgery: forgeries.Forgery
    jwt_kit: bool
    openssl: bool
    rules: frozenset[str]

    @property
    def reads_claims(self) -> bool:
        """Whether the payload is what jwt-kit, which reads no other JWS, calls claims."""
        return not strictness.ambiguous_payload(self.forgery)

    def __str__(self) -> str:
        return (
            f"jwt-kit: {self.jwt_kit}, OpenSSL: {self.openssl}, rules: {sorted(self.rules)}, "
            f"{self.forgery.algorithm}, {self.forgery.trick}: {self.forgery.jws!r}"
        )


def judge(command, found: list[forgeries.Forgery]) -> list[Judged]:
    rules = [frozenset(name for name, refuses in strictness.RULES.items() if refuses(f)) for f in found]
    return [Judged(*row) for row in zip(
        found, readers.over_lines([command], found), readers.openssl(found), rules, strict=True)]


@pytest.fixture(scope="module")
def jwt_kit(backstage, unavailable):
    """The command that jwt-kit is behind."""
    if not shutil.which("swift"):
        unavailable("swift")
    (built,) = backstage("jwt-kit")
    assert built.returncode == 0, built.stdout
    return readers.JWT_KIT


@pytest.fixture(scope="module")
def keys(deployment) -> dict[str, str]:
    """An API key of a tenant for each algorithm."""
    for algorithm in ALGORITHMS:
        deployment.tenant(algorithm.lower(), algorithm)
    return {algorithm: deployment.key(algorithm.lower()) for algorithm in ALGORITHMS}


@pytest.fixture(scope="module")
def issuers(deployment, server, keys) -> list[forgeries.Issuer]:
    def issuer(algorithm: str) -> forgeries.Issuer:
        private = deployment.secret(algorithm.lower())
        public = private if algorithm == "HS256" else deployment.run(
            "signing-key", "export", "--tenant", algorithm.lower())
        token = server.pair(keys[algorithm], {"userId": "zoë", "name": "Zoë", "custom": {"n": 1}})["wsToken"]
        return forgeries.Issuer(algorithm, private, public, token)

    return [issuer(algorithm) for algorithm in ALGORITHMS]


@pytest.fixture(scope="module")
def judged(jwt_kit, issuers) -> dict[str, list[Judged]]:
    """The forged tokens of each issuer."""
    chance = random.Random(SEED)
    return {
        issuer.algorithm: judge(jwt_kit, list(forgeries.all_of(
            issuer, [other for other in issuers if other is not issuer], DAMAGED[issuer.algorithm], chance)))
        for issuer in issuers
    }


@pytest.fixture(scope="module")
def judged_keys(jwt_kit, issuers) -> list[Judged]:
    return judge(jwt_kit, list(odd_keys.all_of(issuers)))


def differing(cases: list[Judged], verdicts: list[bool], expected: list[bool]) -> list[str]:
    return [
        f"ours: {verdict}, {case}"
        for case, verdict, expectation in zip(cases, verdicts, expected, strict=True)
        if verdict != expectation
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_jws_is_valid_here_if_and_only_if_it_is_valid_everywhere_and_breaks_no_rule(judged, algorithm):
    cases = judged[algorithm]
    expected = [case.openssl and (case.jwt_kit or not case.reads_claims) and not case.rules for case in cases]
    assert len(cases) > 1_000 and expected.count(True) > 60
    found = differing(cases, readers.ours([case.forgery for case in cases]), expected)
    assert not found, "\n".join([f"{len(found)} differ", *found[:5]])


def test_an_odd_key_verifies_here_if_and_only_if_it_does_everywhere_and_breaks_no_rule(judged_keys):
    expected = [case.openssl and case.jwt_kit and not case.rules for case in judged_keys]
    assert len(expected) > 300 and expected.count(True) > 30
    found = differing(judged_keys, readers.ours([case.forgery for case in judged_keys]), expected)
    assert not found, "\n".join([f"{len(found)} differ", *found[:5]])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_is_valid_at_the_server_if_and_only_if_it_is_valid_everywhere_and_breaks_no_rule(
    judged, issuers, server, keys, algorithm
):
    cases = judged[algorithm]
    good = good_of(issuers, algorithm)
    expected = [case.openssl and case.jwt_kit and not case.rules and not broken(case, good) for case in cases]
    assert expected.count(True) > 60
    found = differing(cases, readers.ours_served(server, keys[algorithm], [case.forgery for case in cases]), expected)
    assert not found, "\n".join([f"{len(found)} differ", *found[:5]])


def test_every_rule_is_needed(judged, judged_keys, issuers):
    """Each alone makes us refuse something that another reader accepts; what none accepts any more may go."""
    needed = set()
    for algorithm, cases in [*judged.items(), (None, judged_keys)]:
        for case in cases:
            served = case.rules | broken(case, good_of(issuers, algorithm)) if algorithm else case.rules
            if case.jwt_kit or case.openssl:
                needed |= set().union(*(rules for rules in (case.rules, served) if len(rules) == 1))
    assert needed == set(strictness.RULES) | set(strictness.SERVED)


def good_of(issuers: list[forgeries.Issuer], algorithm: str) -> tuple[dict, dict]:
    token = next(issuer.token for issuer in issuers if issuer.algorithm == algorithm)
    return jose.decode(token)[:2]


def broken(case: Judged, good: tuple[dict, dict]) -> set[str]:
    return {name for name, refuses in strictness.SERVED.items() if refuses(case.forgery, good)}
