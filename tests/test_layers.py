"""How the code is laid: who may import whom, who may touch heavy or dangerous things, how long pieces are."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
LAYERS = ("audio", "models", "service")
"""Lowest first: a package imports itself and those before it."""
LEARNED = {
    "onnxruntime",
    "ctranslate2",
    "torch",
    "torchaudio",
    "faster_whisper",
    "swift_f0",
    "pyannote",
    "transformers",
}
DECODERS = ("audio/decode", "audio/listening.py", "service/demo/make_calls.py")
READS_ENVIRONMENT = ("service/settings.py", "audio/decode", "models/diarize_pyannote.py", "models/__init__.py")
STARTS_PROGRAMS = ("audio/decode.py", "service/demo/speak.py", "service/archive/crew.py")
"""The guarded decoder, and the synthesisers of the demo's generator."""
RUNS_OBJECTS = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib"}
LONGEST_FUNCTION_LINES = 60
LONGEST_MODULE_LINES = 450
LATE = ["torch", "librosa", "numba", "onnxruntime", "ctranslate2", "faster_whisper", "swift_f0", "av", "pyannote"]
"""Loaded when first used, so that a command starts fast and the base runs without the extras."""


@lru_cache
def modules() -> dict[str, ast.Module]:
    paths = (path for layer in LAYERS for path in sorted((REPOSITORY / layer).rglob("*.py")))
    return {str(p.relative_to(REPOSITORY)): ast.parse(p.read_text(encoding="utf-8")) for p in paths}


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of all modules a tree imports, lazily or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            yield node.module or ""


def importers(of: set[str]) -> set[str]:
    return {path for path, tree in modules().items() if {name.split(".")[0] for name in imported(tree)} & of}


def dotted(node: ast.AST) -> str:
    """`yaml.load` of a call's function, `` when it is no plain name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def calls(path: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(modules()[path]):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def test_there_is_something_to_hold():
    assert {path.split("/")[0] for path in modules()} == set(LAYERS)
    assert len(modules()) > 50


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_one_way(layer):
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    wrong = {path for path in importers(above) if path.startswith(f"{layer}/")}
    assert not wrong, f"{layer} must not import {sorted(above)}: imports go service -> models -> audio"


def test_only_models_touches_learned_models():
    wrong = {path for path in importers(LEARNED) if not path.startswith("models/")}
    assert not wrong, "learned models are reached through the adapters of models/ only"


def test_only_the_guarded_decoder_and_the_encoders_load_pyav():
    wrong = {path for path in importers({"av"}) if not path.startswith(DECODERS)}
    assert not wrong, "bytes from outside are decoded in audio/decode* only"


def test_nothing_runs_stored_objects():
    assert not importers(RUNS_OBJECTS), "no pickle and its kin: a stored object is a program"


@pytest.mark.parametrize("name", ["eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"])
def test_nothing_turns_text_into_code(name):
    assert not [path for path in modules() for called, _ in calls(path) if called == name]


def test_files_of_arrays_are_never_allowed_to_hold_objects():
    for path in modules():
        for called, call in calls(path):
            for keyword in call.keywords:
                if keyword.arg == "allow_pickle":
                    assert isinstance(keyword.value, ast.Constant) and keyword.value.value is False, f"{path}: {called}"


def test_programs_are_started_without_a_shell_and_in_three_places_only():
    assert {p for p in importers({"subprocess", "multiprocessing", "pty"})} <= set(STARTS_PROGRAMS)
    shells = [
        path for path in modules() for _, call in calls(path) for keyword in call.keywords if keyword.arg == "shell"
    ]
    assert not shells


def test_the_environment_is_read_in_one_place():
    names = {"os.environ", "os.getenv", "os.putenv", "os.environb"}
    touching = {path for path, tree in modules().items() for node in ast.walk(tree) if dotted(node) in names}
    wrong = {path for path in touching if not path.startswith(READS_ENVIRONMENT)}
    assert not wrong, (
        "settings are read in service/settings.py; the others guard their own child or switch telemetry off"
    )


def test_functions_are_short():
    long = {
        f"{path}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION_LINES
    }
    assert not long


def test_modules_are_short():
    lengths = {path: len((REPOSITORY / path).read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {path: n for path, n in lengths.items() if n >= LONGEST_MODULE_LINES}


def test_every_module_says_what_it_is_for():
    assert not [path for path, tree in modules().items() if tree.body and not ast.get_docstring(tree)]


IMPORT_ALL = """
import importlib, json, os, socket, sys

done = {"written": [], "sockets": [], "started": []}
armed = False

def watch(event, args):
    if not armed:
        return
    if event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        if args[0] != os.devnull:
            done["written"].append(str(args[0]))
    elif event.startswith("socket.") and event != "socket.gethostname":
        done["sockets"].append(event)
    elif event in ("subprocess.Popen", "os.fork", "os.system", "os.posix_spawn"):
        done["started"].append(event)

sys.addaudithook(watch)
armed = True
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
armed = False
done["loaded"] = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
print(json.dumps(done))
"""


SCRIPTS = ("audio/decode_stream.py", "service/demo/make_calls.py", "service/archive/migrations/env.py")
"""Loaded by the child, run by hand, run by Alembic: no modules of the program."""


@lru_cache
def importing_everything() -> dict[str, list[str]]:
    names = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in modules()
        if path not in SCRIPTS
    ]
    run = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(names), json.dumps(LATE)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stderr[-2000:]
    answer: dict[str, list[str]] = json.loads(run.stdout)
    return answer


@pytest.mark.parametrize("what", ["written", "sockets", "started"])
def test_importing_every_module_does_nothing(what):
    assert importing_everything()[what] == []


def test_importing_every_module_loads_nothing_heavy():
    assert importing_everything()["loaded"] == []
