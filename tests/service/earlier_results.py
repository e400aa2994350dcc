"""Results of made-up earlier calls: one agent, lively, with the finding a baseline is made of."""

from __future__ import annotations

import numpy as np

from audio.metallic_baseline import COMPONENTS, UNITS
from audio.recording import FileFacts
from service.scoring.evidence import (
    CallInfo,
    Comparison,
    ComponentFound,
    Evidence,
    Layout,
    MetallicFound,
    Outcome,
    Roles,
    WordsInfo,
)

LIVELY = {
    "pitch_spread": 2.8,
    "loudness_spread": 7.0,
    "rate_cv": 0.14,
    "final_contour_entropy": 1.3,
    "syllable_npvi": 44.0,
}
KEY = Comparison(language="fr", channel_class="two channels, narrow", syllables="nuclei")


def lively_windows(seed: int, n: int = 2) -> tuple[dict[str, float | None], ...]:
    """Windows a twentieth apart, as a voice's own are."""
    rng = np.random.default_rng(seed)
    return tuple({name: value * float(rng.normal(1, 0.05)) for name, value in LIVELY.items()} for _ in range(n))


def finding(windows: tuple[dict[str, float | None], ...], compared: Comparison = KEY) -> MetallicFound:
    five = tuple(ComponentFound(name=name, value=LIVELY[name], unit=UNITS[name]) for name in COMPONENTS)
    return MetallicFound(share_percent=0.0, components=five, windows=windows, compared=compared)


def result(
    number: int,
    *,
    agent: str = "Camille",
    started_at: str = "",
    decided_by: str = "option",
    compared: Comparison = KEY,
    metallic: bool = True,
) -> Evidence:
    """The evidence of an earlier call on day `number` of a month."""
    found = {"agent": finding(lively_windows(number), compared)} if metallic else {}
    return Evidence(
        timbre_version="0",
        call=CallInfo(
            name=f"call {number}",
            duration_s=300.0,
            agent_name=agent,
            started_at=started_at or f"2026-03-{number:02d}T09:00:00",
        ),
        files=(FileFacts(f"{number:064d}", "wav", "pcm_mulaw", 8000, 2, 300.0, 1000),),
        layout=Layout(kind="two_parties", n_channels=2),
        outcome=Outcome(kind="conversation"),
        source="two channels",
        roles=Roles(agent="channel_0", customer="channel_1", decided_by=decided_by, confidence=1.0),
        words=WordsInfo(available=False),
        speech={"agent": (), "customer": ()},
        turns=(),
        floor=(),
        measures={},
        acts=(),
        metallic=found,
    )
