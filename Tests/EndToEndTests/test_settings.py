"""Settings: where each comes from, and what a wrong one does."""

from test_startup import check_refuses


def test_every_problem_with_the_settings_is_told_at_once(made):
    wrong = {
        "PORT": "many",
        "HOSTNAME": "x",
        "EVENT_LOOPS": "0",
        "LOG_LEVEL": "loud",
        "ACCESS_LOG": "perhaps",
        "PUBLIC_URL": "nowhere",
        "METRICS_ADDRESS": "9464x",
        "KEY_PREFIX": "UPPER CASE",
        "DATABASE_URL": "mysql://x",
    }
    said = check_refuses(made, *(f"CHAT_TOKENS_{name}" for name in wrong), **wrong)
    assert "CHAT_TOKENS_HOST" in said, "it suggests what was probably meant"
    for command in (("config",), ("init",), ("tenant", "list"), ("doctor",)):
        done = made.attempt(*command, **wrong)
        assert done.returncode != 0 and all(f"CHAT_TOKENS_{name}" in done.stdout + done.stderr for name in wrong), (
            command
        )


def test_a_settings_file_is_read_and_its_faults_are_told(made):
    path = made.folder / "settings.json"
    path.write_text('{"accessLog":"on","colour":"red"}')
    check_refuses(made, "colour", CONFIG=str(path))
    path.write_text('{"accessLog":')
    check_refuses(made, "settings.json", CONFIG=str(path))
    check_refuses(made, "absent.json", CONFIG=str(made.folder / "absent.json"))
    path.write_text('{"accessLog":"on"}')
    effective = made.run("config", "--config", path)
    assert effective["accessLog"]["value"] == "on" and "settings.json" in effective["accessLog"]["source"]
    assert made.run("config", "--config", path, "--access-log", "off")["accessLog"]["value"] == "off"
