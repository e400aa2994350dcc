"""Scoring stored results again: `python -m tests.bench rescore`. CPU time per result of a ten-minute call, one core.

The call: the shipped demo calls of one language end to end, with their transcripts, analysed once. They are dense: a
scripted gesture every few seconds. Scored with word times as a recogniser gives them, and as a transcript by lines does
(estimated). Timed, each over a folder of copies, file by file:

    whole       read the file, judge, write the new file: what `timbre rescore --quiet --out` does per result
    judging     `judge_rounded` alone, on evidence that was read

What is remembered of whole turns from one result to the next is forgotten before each, as if every call had other
words; what is remembered of single words, and of the rubric, stays, as it does in a batch. The best of RUNS passes:
others on the machine only ever add time.
"""

from __future__ import annotations

import gc
import re
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audio.decode import decoded
from service.calls import CallFiles, Choices
from service.demo.site import shipped_calls
from service.files import write_whole
from service.pipeline import analysed
from service.rescoring import Asked, rescored, rescored_content
from service.scoring import facts
from service.scoring.documents import Result, parse_result, read_content, to_json
from service.scoring.rubric_file import load_rubric
from service.scoring.scorecard import judge_rounded
from service.settings import Settings
from service.wiring import build_tools, limits_of
from service.words.imported import read_transcript
from tests.bench.report import Report

CALL_S = 600.0
COPIES, RUNS = 10, 5
PER_S = {"new rubric": 300.0, "new packs": 15.0}
PCM_16 = 32767.0
_CUE = re.compile(r"^(\d+):(\d+)(?::(\d+))?[.](\d{3}) --> (\d+):(\d+)(?::(\d+))?[.](\d{3})(.*)$", re.M)


@dataclass(frozen=True)
class Way:
    """One way to score again, and what it is held to (results per second)."""

    name: str
    asked: Asked
    per_s: float


def run(report: Report) -> None:
    """A table per language, and the targets."""
    ways = (
        Way("new rubric", Asked(rubric=load_rubric("outbound_sales")), PER_S["new rubric"]),
        Way("new packs", Asked(packs=()), PER_S["new packs"]),
    )
    report.line(f"this core, as busy as it is now: a million additions in {additions_ms():.0f} ms")
    with tempfile.TemporaryDirectory(prefix="timbre-bench-") as name:
        for language in ("fr", "en"):
            _language(language, ways, Path(name), report)


def additions_ms() -> float:
    """CPU milliseconds of plain interpreted work, to compare machines by: neighbours slow it too."""

    def add() -> None:
        total = 0
        for i in range(1_000_000):
            total += i

    return _best_ms([add])


def _language(language: str, ways: Sequence[Way], folder: Path, report: Report) -> None:
    stored = parse_result(analysis_of(language, folder))
    rows: list[tuple[object, ...]] = []
    for words, result in (("word times", with_word_times(stored)), ("lines only", stored)):
        content = to_json(result.evidence, result.judgement)
        for way in ways:
            whole_ms = whole(content, way.asked, folder)
            judging_ms = judging(content, way.asked)
            rows.append((f"{way.name}, {words}", whole_ms, 1000 / whole_ms, judging_ms, 1000 / judging_ms))
            if words == "word times":
                what = f"{language}: read, judge and write a result, {way.name}"
                report.target(what, whole_ms, round(1000 / way.per_s, 2), "ms CPU")
                if way.name == "new rubric":
                    report.target(
                        f"{language}: judging alone, {way.name}", judging_ms, round(1000 / way.per_s, 2), "ms CPU"
                    )
    turns, acts = len(stored.evidence.turns), len(stored.evidence.acts)
    n_words = sum(len(t.words) for t in stored.evidence.turns)
    report.heading(
        f"{language}: {CALL_S:.0f} s, {turns} turns, {n_words} words, {acts} acts, {len(content) // 1000} kB"
    )
    report.table(("one core", "whole ms", "results/s", "judging ms", "results/s"), rows)


def whole(content: bytes, asked: Asked, folder: Path) -> float:
    """CPU milliseconds per result, from file to file."""
    files = [folder / f"{i}.json" for i in range(COPIES)]
    for file in files:
        file.write_bytes(content)

    def one(file: Path) -> None:
        write_whole(file.with_suffix(".new"), rescored_content(read_content(file), asked).content)

    return _best_ms([lambda file=file: one(file) for file in files])


def judging(content: bytes, asked: Asked) -> float:
    """CPU milliseconds of the judging alone."""
    evidence = rescored(parse_result(content), asked).result.evidence
    rubric = asked.rubric or load_rubric("inbound_service")
    return _best_ms([lambda: judge_rounded(evidence, rubric)] * COPIES)


def _best_ms(parts: Sequence[Callable[[], object]]) -> float:
    gc.collect()
    gc.freeze()  # as the command does
    times_s = []
    for _ in range(RUNS):
        spent_s = 0.0
        for part in parts:
            facts.stems_of.cache_clear()
            facts.stems_outside.cache_clear()
            begun_s = time.process_time()
            part()
            spent_s += time.process_time() - begun_s
        times_s.append(spent_s / len(parts))
    gc.unfreeze()
    return min(times_s) * 1000.0


def with_word_times(stored: Result) -> Result:
    """The same result as if a recogniser had timed each word."""
    content = to_json(stored.evidence, stored.judgement)
    timed = content.replace(b'"time_is_estimated": true', b'"time_is_estimated": false')
    return rescored(parse_result(timed), Asked()).result


def analysis_of(language: str, folder: Path) -> bytes:
    """The stored result of a call of CALL_S made from the shipped ones of a language."""
    recording = folder / f"{language}.wav"
    recording.with_suffix(".vtt").write_text("\n".join(_write_call(recording, language)), encoding="utf-8")
    files = CallFiles(recording, transcript=read_transcript(recording.with_suffix(".vtt")), name=language)
    settings = Settings(transcriber="none")
    tools, rubric = build_tools(settings, listen=False), load_rubric("inbound_service")
    with analysed(files, tools, rubric, Choices(agent_channel=0), limits=limits_of(settings)) as analysis:
        return to_json(analysis.evidence, analysis.judgement)


def _write_call(path: Path, language: str) -> Iterator[str]:
    """Writes the sound; gives the lines of its WebVTT."""
    yield "WEBVTT\n"
    calls, at_s = [c for c in shipped_calls() if c.stem.startswith(language)], 0.0
    with wave.open(str(path), "wb") as stream:
        for call in calls * 20:
            with decoded(call) as recording:
                samples = np.stack([channel.read() for channel in recording.channels], axis=1)
                rate_hz = recording.channels[0].rate_hz
            if at_s == 0.0:
                stream.setparams((2, 2, rate_hz, 0, "NONE", ""))
            stream.writeframes(np.clip(samples * PCM_16, -PCM_16, PCM_16).astype("<i2").tobytes())
            yield from _cues(call.with_suffix(".vtt").read_text(encoding="utf-8"), at_s)
            at_s += len(samples) / rate_hz
            if at_s >= CALL_S:
                return


def _cues(text: str, later_s: float) -> Iterator[str]:
    for block in text.split("\n\n"):
        cue = _CUE.search(block)
        if cue is not None:
            start, end = (_clock(cue.groups()[i : i + 4], later_s) for i in (0, 4))
            yield f"{start} --> {end}{cue.group(9)}{block[cue.end() :].rstrip()}\n"


def _clock(parts: Sequence[str | None], later_s: float) -> str:
    first, second, third, thousandths = parts
    whole = [int(x) for x in (first, second, third) if x is not None]
    time_s = sum(x * 60**i for i, x in enumerate(reversed(whole))) + int(thousandths or 0) / 1000 + later_s
    return f"{int(time_s // 3600):02d}:{int(time_s % 3600 // 60):02d}:{time_s % 60:06.3f}"
