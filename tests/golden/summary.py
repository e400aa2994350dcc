"""What a golden file holds of a result: enough to see that something changed, and where."""

from __future__ import annotations

from functools import lru_cache

from service.calls import CallFiles, Choices
from service.demo.site import shipped_calls
from service.pipeline import analysed
from service.scoring.rubric_file import load_rubric
from service.settings import Settings
from service.wiring import build_tools, limits_of
from service.words.imported import read_transcript

VOICE = ("pitch_spread", "pitch_range", "articulation_rate", "loudness_spread", "talk_share", "longest_monologue")


@lru_cache
def tools():
    return build_tools(Settings(), listen=False)


def summary(recording):
    """The shipped call `recording` under the default rubric, in a page of JSON."""
    settings = Settings()
    files = CallFiles(recording, transcript=read_transcript(recording.with_suffix(".vtt")), name=recording.stem)
    rubric = load_rubric(settings.rubric)
    with analysed(files, tools(), rubric, Choices(agent_channel=0), limits=limits_of(settings)) as analysis:
        return _summary(analysis.evidence, analysis.judgement)


def _summary(evidence, judgement):
    return {
        "acts": [f"{a.turn} {a.party} {a.id}" for a in evidence.acts],
        "floor": [[f"{e.kind} by {e.by}", e.span.start_s, e.value_s] for e in evidence.floor],
        "measures": {m.name: m.value for m in evidence.measures["agent"] if m.name in VOICE},
        "verdicts": {g.id: g.verdict for g in judgement.gestures},
        "criteria": {c.id: c.score for c in judgement.criteria},
        "delivery": {g.id: family.state for g in judgement.gestures if (family := _delivery(g)) is not None},
        "script": judgement.script.value,
        "intention": judgement.intention.value,
        "quadrant": judgement.quadrant,
        "moments": [f"{m.kind} {'good' if m.good else 'to look at'}" for m in judgement.moments],
    }


def _delivery(gesture):
    """Of the gesture's first occurrence."""
    families = gesture.occurrences[0].families if gesture.occurrences else ()
    return next((f for f in families if f.name == "delivery"), None)


def recordings():
    return shipped_calls()
