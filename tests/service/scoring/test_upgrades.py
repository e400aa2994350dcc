"""Documents of older versions: one stored by each is read as it was meant."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from service.scoring.documents import EVIDENCE_SCHEMA, JUDGEMENT_SCHEMA, RESULT_SCHEMA, parse_result, to_json
from service.scoring.errors import ResultError
from service.scoring.upgrades import UPGRADES, upgraded

STORED = Path(__file__).with_name("stored_result_1.json")
"""A result of version 1: the warm call of `builder.py`, scored under words_and_turns."""


def test_a_result_of_version_1_is_read() -> None:
    result = parse_result(STORED.read_bytes())
    assert result.schema_version == RESULT_SCHEMA and result.edits is None
    assert result.evidence.policy == result.judgement.policy == "words_and_turns"
    assert len(result.evidence.turns) == 11 and result.judgement.rubric == "inbound_service 1.0"


def test_an_upgrade_changes_a_copy_and_only_once() -> None:
    old = json.loads(STORED.read_bytes())
    kept = copy.deepcopy(old)
    new = upgraded(old)
    assert old == kept and new is not old
    assert upgraded(new) is new


def test_once_written_an_old_result_is_one_of_today() -> None:
    result = parse_result(STORED.read_bytes())
    content = to_json(result.evidence, result.judgement, result.edits)
    assert json.loads(content)["schema_version"] == RESULT_SCHEMA
    assert parse_result(content) == result


def test_every_chain_ends_in_a_schema_of_today() -> None:
    current = {RESULT_SCHEMA, EVIDENCE_SCHEMA, JUDGEMENT_SCHEMA}
    for start in UPGRADES:
        document = upgraded({"schema_version": start})
        assert document["schema_version"] in current


@pytest.mark.parametrize("version", ["timbre.result/0", "timbre.result/99", 2, None, ["timbre.result/1"]])
def test_an_unknown_version_is_refused_by_name(version: object) -> None:
    data = json.loads(STORED.read_bytes()) | {"schema_version": version}
    with pytest.raises(ResultError) as caught:
        parse_result(json.dumps(data).encode())
    assert caught.value.note.code == "scoring.result_other_schema"


@pytest.mark.parametrize("evidence", [None, [], "x", {}])
def test_an_old_result_that_is_broken_is_refused(evidence: object) -> None:
    data = json.loads(STORED.read_bytes()) | {"evidence": evidence}
    with pytest.raises(ResultError):
        parse_result(json.dumps(data).encode())
