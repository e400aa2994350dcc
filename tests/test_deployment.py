"""What is shipped to run the service: the image's recipe, the composition, and what their texts name."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import pytest
import yaml

from service.cli import build
from service.settings import Settings
from tests.calls import REPOSITORY

DEPLOYMENT = REPOSITORY / "docs" / "deployment"
OUTSIDE = {"TIMBRE_SECRETS_DIR", "TIMBRE_CONFIG", "TIMBRE_MODELS"}
"""Names that are no settings: where settings come from, and a variable of the composition."""


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: name and argument, continued lines joined, comments left out."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", kept)
    return [
        (head.upper(), rest.strip()) for head, _, rest in (line.partition(" ") for line in joined.splitlines() if line)
    ]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest))
    return found


def of(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for head, rest in stage if head == name]


def test_the_image_is_slim_in_two_stages_and_runs_as_nobody_special():
    first, last = stages()
    assert all(rest.startswith("python:3.") and "-slim" in rest for s in (first, last) for rest in of(s, "FROM"))
    names = [name for name, _ in last]
    assert of(last, "USER") and of(last, "USER")[-1] not in ("root", "0")
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in ("COPY", "RUN"))
    assert not [rest for rest in of(last, "RUN") if "pip" in rest or "apt" in rest]


def test_nothing_is_added_from_elsewhere_and_no_compiler_comes_in():
    everything = " ".join(rest for _, rest in instructions())
    assert not [rest for name, rest in instructions() if name == "ADD"]
    assert not re.search(r"apt-get|curl|wget|gcc|build-essential|sudo|--privileged", everything)
    pip = [rest for name, rest in instructions() if "pip install" in rest]
    assert len(pip) == 1 and "-c .constraints.txt" in pip[0] and "--only-binary=:all:" in pip[0]
    assert not [rest for name, rest in instructions() if name in ("ENV", "ARG") and re.search("PASS|TOKEN|KEY", rest)]


def test_what_is_copied_exists_and_is_all_that_the_package_is_built_from():
    first, last = stages()
    sources = [
        part for rest in [*of(first, "COPY"), *of(last, "COPY")] if "--from" not in rest for part in rest.split()[:-1]
    ]
    assert sources and all((REPOSITORY / source).exists() for source in sources)
    packed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(packed["packages"]) < set(sources)


def test_the_extras_of_the_image_exist():
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (chosen,) = [rest for name, rest in instructions() if name == "ARG" and rest.startswith("EXTRAS=")]
    assert set(chosen.partition("=")[2].strip('"').split(",")) <= set(extras)


def test_data_is_a_volume_and_health_is_asked():
    last = stages()[-1]
    assert of(last, "VOLUME") == ["/data"] and "TIMBRE_DATA_DIR=/data" in " ".join(of(last, "ENV"))
    assert "/healthz" in of(last, "HEALTHCHECK")[0]
    code = json.loads(of(last, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert code[0] == "python" and compile(code[2], "healthcheck", "exec")
    assert_is_a_command(json.loads(of(last, "CMD")[0]))


def assert_is_a_command(words: list[str]) -> None:
    """Words after `timbre`: a command that is there, with options it has."""
    command: Any = build()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert not hasattr(command, "commands"), words
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= known


@pytest.fixture(scope="module")
def composition() -> Any:
    return yaml.safe_load((DEPLOYMENT / "compose.yaml").read_text(encoding="utf-8"))


def test_the_composition_names_commands_and_parts_that_exist(composition):
    assert set(composition["services"]) == {"database", "web", "worker"}
    for name in ("web", "worker"):
        service = composition["services"][name]
        assert_is_a_command(service["command"])
        assert set(service["secrets"]) <= set(composition["secrets"])
        assert set(service["networks"]) <= set(composition["networks"])
        assert (DEPLOYMENT / service["build"]["context"] / "Dockerfile").is_file()
        volumes = {volume.partition(":")[0] for volume in service["volumes"] if volume[0] not in "./$"}
        assert volumes <= set(composition["volumes"])
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert composition["services"]["worker"]["deploy"]["replicas"] == 2


def test_the_composition_opens_no_port_to_the_world_and_holds_no_secret(composition):
    ports = [port for service in composition["services"].values() for port in service.get("ports", ())]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)
    assert composition["networks"]["inside"]["internal"] and composition["services"]["database"]["networks"] == [
        "inside"
    ]
    environment = json.dumps([service.get("environment", {}) for service in composition["services"].values()])
    assert not re.search(r'PASSWORD":|postgresql://', environment)


def guides() -> dict[str, str]:
    text = (DEPLOYMENT / "service.md").read_text(encoding="utf-8")
    return dict(zip(("en", "fr"), text.split("\n---\n"), strict=True))


def test_the_guides_name_settings_and_commands_that_exist(composition):
    for text in (*guides().values(), json.dumps(composition)):
        named = set(re.findall(r"TIMBRE_[A-Z_]+", text)) - OUTSIDE
        assert named <= {f"TIMBRE_{name.upper()}" for name in Settings.model_fields}
    for text in guides().values():
        lines = re.findall(
            r"(?:timbre|--rm web|^  web) ((?:serve|worker|users|campaigns|purge|models)\b[^|#>`\n]*)", text, re.M
        )
        assert len(lines) > 4
        for line in lines:
            assert_is_a_command(shlex.split(line))


def test_both_guides_hold_the_same_examples():
    english, french = (re.findall(r"```(\w*)\n(.*?)```", text, re.S) for text in guides().values())
    bare = [[(lang, re.sub(r"\s*#.*", "", code)) for lang, code in blocks] for blocks in (english, french)]
    assert len(bare[0]) > 8 and bare[0] == bare[1]
