"""Acts on real spoken calls and on a stranger's sentences: `python -m tests.bench calls`.

French: 30 shared transcripts, labelled line by line by two readers who had not seen the packs
(`labelled/fr_calls_a.tsv`, `_b.tsv`: file, line, acts; never the words). `labelled/fr_calls_unseen.txt` names the calls
that nobody who wrote rules has read; the others were tuned on. English: `labelled/en_blind.tsv` and, where it is
there, `en_blind2.tsv`, each written and labelled by another stranger who had not seen the packs; of their calls the
odd ones (counted from 0) were not shown to whoever wrote rules.
The two readers agree more than people of different trades would.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from audio.timeline import Span
from service.scoring.evidence import SpokenTurn
from service.words.rules import Pack, find_acts, load_pack
from tests.bench.acts_labelled import (
    Score,
    calls_of,
    f1_interval,
    found_in,
    macro_f1,
    micro,
    read_labelled,
    scores,
)
from tests.bench.report import Report

CALLS = Path(__file__).parents[3] / "shared" / "calls" / "fr_transcripts"
LABELLED = Path(__file__).with_name("labelled")
POSITIVES, EN_POSITIVES = 10, 5
WANTED = {"fr": 0.80, "en": 0.85}
Acts = Mapping[tuple[str, int], frozenset[str]]


def run(report: Report) -> None:
    """Both languages; French is left out where the transcripts are absent."""
    _english(report)
    if not CALLS.is_dir():
        raise FileNotFoundError(2, "absent", str(CALLS))
    readers = [_read(LABELLED / f"fr_calls_{name}.tsv") for name in "ab"]
    unseen = (LABELLED / "fr_calls_unseen.txt").read_text(encoding="utf-8").split()
    every = sorted(path.name for path in CALLS.glob("*.tsv"))
    found = {key: acts for name in every for key, acts in _found(name).items()}
    for title, names in (("all 30 calls", every), ("calls nobody tuned on", unseen)):
        macro = _french(f"French, {title}", names, found, readers, report)
        report.target(f"1 - macro F1, French, {title}", 1 - macro, round(1 - WANTED["fr"], 2), "")


def _english(report: Report) -> None:
    pack = load_pack("en")
    for part, whose in (("_blind", "a stranger"), ("_blind2", "another stranger")):
        if (LABELLED / f"en{part}.tsv").is_file():
            _english_part(part, whose, pack, report)


def _english_part(part: str, whose: str, pack: Pack, report: Report) -> None:
    """The calls shown to the rules' author are scored by their sum only: they were tuned on."""
    lines = read_labelled("en", part)
    found = found_in(lines, pack)
    shown, hidden = ([x for call in list(calls_of(lines))[first::2] for x in call] for first in (0, 1))
    per_act = scores(hidden, found)
    report.heading(f"English, lines of {whose}: {len(hidden)} not shown to the rules' author")
    acts = sorted(per_act, key=lambda act: (-per_act[act].support, act))
    rows = [_row(act, per_act[act], f1_interval(hidden, found, act)) for act in acts]
    report.table(("act", "support", "precision", "recall", "F1", "95 %"), rows)
    macro, n = macro_f1(per_act, EN_POSITIVES)
    on_shown, _ = macro_f1(scores(shown, found), EN_POSITIVES)
    report.line(
        f"macro F1 {macro:.2f} over the {n} acts with at least {EN_POSITIVES} lines, all in one pot "
        f"{micro(per_act).f1:.2f}; on the {len(shown)} lines shown: macro F1 {on_shown:.2f}"
    )
    report.target(f"1 - macro F1, English, lines of {whose}", 1 - macro, round(1 - WANTED["en"], 2), "")


def _row(act: str, score: Score, interval: tuple[float, float]) -> tuple[object, ...]:
    ratios = (f"{ratio:.2f}" for ratio in (score.precision, score.recall, score.f1))
    return (act, score.support, *ratios, "{:.2f}-{:.2f}".format(*interval))


def _french(title: str, names: Sequence[str], found: Acts, readers: Sequence[Acts], report: Report) -> float:
    keys = sorted({key for acts in (found, *readers) for key in acts if key[0] in names})
    by_reader = [_scores(found, truth, keys) for truth in readers]
    between = _scores(readers[0], readers[1], keys)
    kept = sorted((a for a, s in between.items() if s.support >= POSITIVES), key=lambda a: -between[a].support)
    report.heading(title)
    rows = [(a, between[a].support, f"{between[a].f1:.2f}", *(f"{_of(s, a).f1:.2f}" for s in by_reader)) for a in kept]
    report.table(("act", "support", "reader/reader F1", "pack/A F1", "pack/B F1"), rows)
    macros = [sum(_of(s, a).f1 for a in kept) / len(kept) for s in by_reader]
    report.line(f"macro F1 over {len(kept)} acts: {macros[0]:.2f} against reader A, {macros[1]:.2f} against B")
    return sum(macros) / len(macros)


def _of(per_act: Mapping[str, Score], act: str) -> Score:
    return per_act.get(act, Score(0, 0, 0))


def _scores(found: Acts, truth: Acts, keys: Sequence[tuple[str, int]]) -> dict[str, Score]:
    pairs = [(found.get(key, frozenset()), truth.get(key, frozenset())) for key in keys]
    names = {act for a, b in pairs for act in a | b}
    return {
        act: Score(
            found=sum(act in a and act in b for a, b in pairs),
            missed=sum(act not in a and act in b for a, b in pairs),
            wrong=sum(act in a and act not in b for a, b in pairs),
        )
        for act in names
    }


def _read(path: Path) -> Acts:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["call"], int(row["line"])): frozenset(row["acts"].split(",")) for row in rows}


def _found(name: str) -> dict[tuple[str, int], frozenset[str]]:
    turns = []
    for index, line in enumerate((CALLS / name).read_text(encoding="utf-8").splitlines(), 1):
        role, start_s, end_s, text = line.split("\t")[:4]
        span = Span(float(start_s), max(float(start_s), float(end_s)))
        party = "agent" if role.startswith("med") else "customer"
        turns.append(SpokenTurn(index=index, party=party, span=span, text=text.replace("\u200b", "")))
    acts: dict[tuple[str, int], set[str]] = {}
    for act in find_acts(turns, load_pack("fr")):
        acts.setdefault((name, act.turn), set()).add(act.id)
    return {key: frozenset(names) for key, names in acts.items()}


def main() -> None:
    """On its own: the same, and the targets."""
    report = Report()
    run(report)
    report.summary()


if __name__ == "__main__":
    main()
