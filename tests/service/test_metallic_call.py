"""A call built to be known: an agent who speaks lively, then flat and even for minutes, and what the result says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audio.decode import DecodeLimits
from audio.metallic_baseline import COMPONENTS
from audio.timeline import Span, intersect, total_s
from service.baselines import Earlier, earlier_calls, started_at_s
from service.calls import CallFiles, Choices
from service.metadata import Metadata
from service.outputs import html_page
from service.pipeline import analysed
from service.scoring.documents import parse_result, to_json
from service.scoring.evidence import Evidence
from service.scoring.judgement import Judgement
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge
from tests.audio.signals import VoicePlan, telephone, voice
from tests.calls import tools, wav

LIVELY = VoicePlan(duration_s=80.0, median_hz=200.0, spread_st=2.8, tempo_jitter=0.45, rate_jitter=0.12, seed=11)
FLAT = replace(LIVELY, duration_s=200.0, spread_st=0.2, tempo_jitter=0.02, rate_jitter=0.0, seed=12)
CUSTOMER = VoicePlan(duration_s=16.0, median_hz=110.0, spread_st=2.5, rate_jitter=0.15, seed=13)
EDGE_S = 60.0
"""A window: what a metallic stretch may be off at either end, in speech, or a little more in the call."""
KNOWN = Metadata(agent_channel=0, agent="Camille", started_at="2026-04-01T10:00", language="fr")


def _call(agent: list[VoicePlan]) -> np.ndarray:
    """The agent's stretches with the customer's answer after each, on a telephone, shape (2, n) at 8 kHz."""
    answer = telephone(voice(CUSTOMER).samples)
    left, right = [], []
    for plan in agent:
        said = telephone(voice(plan).samples)
        left += [said, np.zeros(len(answer), np.float32)]
        right += [np.zeros(len(said), np.float32), answer]
    return np.stack([np.concatenate(left), np.concatenate(right)])


@contextmanager
def _analysed(folder: Path, samples: np.ndarray, earlier: Earlier | None = None) -> Iterator:
    path = folder / "call.wav"
    path.write_bytes(wav(samples))
    files = CallFiles(path, metadata=KNOWN, earlier=earlier or Earlier())
    with analysed(files, tools(), load_rubric("inbound_service"), Choices(), limits=DecodeLimits()) as analysis:
        yield analysis


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, ...]:
    """Twelve earlier results: one lively call as the pipeline hears it, told on twelve days with a little spread."""
    plan = replace(LIVELY, duration_s=100.0, seed=21)
    with _analysed(tmp_path_factory.mktemp("before"), _call([plan])) as analysis:
        heard = analysis.evidence
    return tuple(_on_day(heard, day) for day in range(1, 13))


def _on_day(heard: Evidence, day: int) -> Evidence:
    rng = np.random.default_rng(day)
    found = heard.metallic["agent"]
    windows = tuple(
        {k: None if v is None else v * float(rng.normal(1, 0.04)) for k, v in w.items()} for w in found.windows
    )
    return heard.model_copy(
        update={
            "call": heard.call.model_copy(update={"started_at": f"2026-03-{day:02d}T10:00"}),
            "files": tuple(replace(f, sha256=f"{day:064d}") for f in heard.files),
            "metallic": {**heard.metallic, "agent": found.model_copy(update={"windows": windows})},
        }
    )


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return _call([LIVELY, FLAT])


Told = tuple[Evidence, Judgement, str]


@pytest.fixture(scope="module")
def cold(samples: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Told:
    with _analysed(tmp_path_factory.mktemp("cold"), samples) as analysis:
        return analysis.evidence, analysis.judgement, html_page(analysis, lang="en", audio="none")


@pytest.fixture(scope="module")
def known(samples: np.ndarray, before: tuple[Evidence, ...], tmp_path_factory: pytest.TempPathFactory) -> Told:
    earlier = Earlier(earlier_calls(before, "Camille"), started_at_s(KNOWN.started_at))
    with _analysed(tmp_path_factory.mktemp("known"), samples, earlier) as analysis:
        return analysis.evidence, analysis.judgement, html_page(analysis, lang="fr", audio="none")


def _flat_speech(evidence: Evidence) -> tuple[Span, list[Span]]:
    start_s = LIVELY.duration_s + CUSTOMER.duration_s
    flat = Span(start_s, start_s + FLAT.duration_s)
    return flat, intersect(evidence.speech["agent"], [flat])


@pytest.mark.parametrize("which", ["cold", "known"])
def test_the_flat_minutes_are_found_where_they_are(which: str, request: pytest.FixtureRequest) -> None:
    evidence, _, _ = request.getfixturevalue(which)
    found, (flat, spoken) = evidence.metallic["agent"], _flat_speech(evidence)
    assert found.flagged and found.longest_s >= 120.0
    covered = total_s(intersect(spoken, found.spans))
    assert covered >= 0.75 * total_s(spoken)  # a window at each end may miss a quarter of three minutes
    outside = [s for s in evidence.speech["agent"] if s.end_s < flat.start_s - EDGE_S]
    assert not intersect(outside, found.spans)
    assert found.worst is not None and flat.start_s - EDGE_S <= found.worst.span.start_s <= flat.end_s
    assert evidence.metallic["customer"].share_percent is None  # half a minute of speech


def test_a_first_call_is_read_against_fixed_limits(cold: Told) -> None:
    found = cold[0].metallic["agent"]
    assert [c.name for c in found.components] == list(COMPONENTS)
    five = {c.name: c for c in found.worst.components} if found.worst else {}
    assert {c.against for c in five.values()} == {"floor", None} and found.compared.baseline == ""
    assert five["pitch_spread"].low and five["rate_cv"].low and five["final_contour_entropy"].low
    assert five["loudness_spread"].low is None and five["loudness_spread"].value is not None
    assert found.compared.channel_class == "two channels, narrow" and found.compared.language == "fr"


def test_twelve_earlier_calls_are_a_baseline_and_the_result_names_it(known: Told) -> None:
    found = known[0].metallic["agent"]
    assert found.compared.calls == 12 and found.compared.baseline.startswith("1/")
    assert all(c.against == "earlier calls" and c.z is not None for c in found.components)
    share = next(m for m in known[0].measures["agent"] if m.name == "metallic_share")
    assert share.value == found.share_percent and found.compared.baseline in share.source
    assert known[0].metallic["customer"].compared.calls == 0  # earlier calls are the agent's


def test_the_earlier_call_itself_is_not_metallic_against_its_like(before: tuple[Evidence, ...]) -> None:
    found = before[0].metallic["agent"]
    assert found.share_percent == 0.0 and found.flagged is False and found.windows


def test_two_minutes_make_one_moment_with_its_numbers_where_the_voice_counts(known: Told) -> None:
    evidence, judgement, _ = known
    (moment,) = [m for m in judgement.moments if m.kind == "metallic"]
    assert not moment.good and moment.hint.code == "scoring.hint.metallic"
    assert set(COMPONENTS) | {"low", "read", "run_s"} <= set(moment.why.params)
    assert moment.listen.start_s <= moment.span.start_s and moment.span.duration_s == pytest.approx(20.0, abs=0.01)
    metal = next(c for c in judgement.criteria if c.id == "out_of_the_metal")
    assert metal.spans == evidence.metallic["agent"].spans and set(COMPONENTS) <= set(metal.why.params)
    rubric = load_rubric("inbound_service")
    for policy in ("words_and_turns", "no_voice"):
        other = judge(evidence, rubric, policy=policy)
        assert [m for m in judgement.moments if m.kind != "metallic"] == list(other.moments)


def test_the_page_shows_the_share_with_its_five_numbers(cold: Told, known: Told) -> None:
    for text, words in ((cold[2], ("fixed limit", "Low under")), (known[2], ("12 appels antérieurs", "Basse sous"))):
        section = text[text.index('<section class="metallic"') :].split("</section>")[0]
        assert section.count("<tr>") == 6 and all(w in section for w in words)
        assert 'class="metal"' in text


def test_the_result_can_be_read_back_and_judged_again(known: Told) -> None:
    evidence, judgement, _ = known
    written = to_json(evidence, judgement)
    assert parse_result(written).evidence.metallic == evidence.metallic
    assert len(to_json(evidence, None)) - len(to_json(evidence.model_copy(update={"metallic": {}}), None)) < 20_000


def test_an_agent_who_was_only_assumed_is_not_read_against_anybody(
    samples: np.ndarray, before: tuple[Evidence, ...], tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(wav(samples[:, : 8000 * 30]))
    earlier = Earlier(earlier_calls(before, "Camille"), started_at_s(KNOWN.started_at))
    files = CallFiles(path, metadata=replace(KNOWN, agent_channel=None), earlier=earlier)
    with analysed(files, tools(), load_rubric("inbound_service"), Choices(), limits=DecodeLimits()) as analysis:
        evidence = analysis.evidence
    assert evidence.metallic["agent"].compared.calls == 0
    assert "cli.earlier_assumed" in {n.code for n in evidence.notes}
