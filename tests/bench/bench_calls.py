"""Acts on real spoken calls and on a stranger's calls: `python -m tests.bench calls`.

French: 30 shared transcripts, labelled line by line by two readers who had not seen the packs
(`labelled/fr_calls_a.tsv`, `_b.tsv`: file, line, acts; never the words). `labelled/fr_calls_unseen.txt` names the calls
that nobody who wrote rules has read; the others were tuned on.
Both languages: `labelled/LANGUAGE_blind.tsv` and `_blind2.tsv`, calls written and labelled by ones who had not seen the
packs; of these the odd ones (counted from 0) were not shown to whoever wrote rules.
The two readers agree more than people of different trades would.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from audio.timeline import Span
from service.scoring.evidence import Language, SpokenTurn
from service.words.rules import find_acts, load_pack
from tests.bench.acts_labelled import Score, calls_of, f1_bounds, found_in, read_labelled
from tests.bench.report import Report

CALLS = Path(__file__).parents[3] / "shared" / "calls" / "fr_transcripts"
LABELLED = Path(__file__).with_name("labelled")
POSITIVES, STRANGER_POSITIVES = 10, 5
WANTED: dict[Language, float] = {"fr": 0.80, "en": 0.85}
STRANGERS: tuple[tuple[Language, str], ...] = (("fr", "_blind"), ("en", "_blind"), ("en", "_blind2"))
Key = tuple[str, int]
Acts = Mapping[Key, frozenset[str]]


def run(report: Report) -> None:
    """A stranger's calls, then the real ones; these are left out where the transcripts are absent."""
    for language, part in STRANGERS:
        _strangers(language, part, report)
    if not CALLS.is_dir():
        raise FileNotFoundError(2, "absent", str(CALLS))
    readers = [read_acts(LABELLED / f"fr_calls_{name}.tsv") for name in "ab"]
    unseen = (LABELLED / "fr_calls_unseen.txt").read_text(encoding="utf-8").split()
    every = sorted(path.name for path in CALLS.glob("*.tsv"))
    found = {key: acts for name in every for key, acts in found_in_call(name).items()}
    for title, names in (("all 30 calls", every), ("calls nobody tuned on", unseen)):
        macro = _french(f"French, {title}", names, found, readers, report)
        report.target(f"1 - macro F1, French, {title}", 1 - macro, round(1 - WANTED["fr"], 2), "")


def _strangers(language: Language, part: str, report: Report) -> None:
    """The calls shown and those that were not, apart; only the latter count."""
    lines = read_labelled(language, part)
    acts = found_in(lines, load_pack(language), whole=True)
    found = {(part, number): names for number, names in acts.items()}
    calls = list(enumerate(calls_of(lines)))
    for name, odd in (("shown to the rules' author", 0), ("never shown", 1)):
        truth = {(part, line.number): line.acts for i, call in calls if i % 2 == odd for line in call}
        title = f"{language}{part}: {len(truth)} lines of calls {name}"
        macro = _table(title, found, truth, sorted(truth), STRANGER_POSITIVES, report)
        if odd:
            what = f"1 - macro F1, {language}, a stranger's calls ({language}{part})"
            report.target(what, 1 - macro, round(1 - WANTED[language], 2), "")


def _french(title: str, names: Sequence[str], found: Acts, readers: Sequence[Acts], report: Report) -> float:
    """The mean over both readers of the macro F1 over the acts that the first one found often enough."""
    keys = sorted({key for acts in (found, *readers) for key in acts if key[0] in names})
    _between(title, keys, readers, report)
    named = zip("AB", readers, strict=True)
    macros = [_table(f"{title}, reader {name}", found, truth, keys, POSITIVES, report) for name, truth in named]
    return sum(macros) / len(macros)


def _between(title: str, keys: Sequence[Key], readers: Sequence[Acts], report: Report) -> None:
    """How far two people agree: no pack can be held to more."""
    first, second = readers
    agreed = {act: score for act, score in scores_of(first, second, keys).items() if score.support >= POSITIVES}
    report.heading(f"{title}: the second reader against the first")
    report.line(", ".join(f"{act} {score.f1:.2f}" for act, score in sorted(agreed.items())))


def _table(title: str, found: Acts, truth: Acts, keys: Sequence[Key], positives: int, report: Report) -> float:
    """Prints the acts with enough positives, and gives their macro F1."""
    scores = {act: s for act, s in scores_of(found, truth, keys).items() if s.support >= positives}
    report.heading(title)
    columns = ("act", "support", "precision", "recall", "F1", "95 %")
    by_support = sorted(scores.items(), key=lambda item: (-item[1].support, item[0]))
    report.table(columns, [_row(act, s, _pairs(act, found, truth, keys)) for act, s in by_support])
    macro = sum(s.f1 for s in scores.values()) / max(1, len(scores))
    report.line(f"macro F1 {macro:.2f} over the {len(scores)} acts with at least {positives} lines")
    return macro


def _row(act: str, score: Score, pairs: Sequence[tuple[bool, bool]]) -> tuple[object, ...]:
    low, high = f1_bounds(pairs)
    ratios = (f"{value:.2f}" for value in (score.precision, score.recall, score.f1))
    return (act, score.support, *ratios, f"{low:.2f}-{high:.2f}")


def scores_of(found: Acts, truth: Acts, keys: Sequence[Key]) -> dict[str, Score]:
    """Per act, over the lines of `keys`."""
    acts = {act for key in keys for side in (found, truth) for act in side.get(key, ())}
    return {act: _score(_pairs(act, found, truth, keys)) for act in acts}


def _pairs(act: str, found: Acts, truth: Acts, keys: Sequence[Key]) -> list[tuple[bool, bool]]:
    """Whether the act is there, and whether it was found, line by line."""
    return [(act in truth.get(key, ()), act in found.get(key, ())) for key in keys]


def _score(pairs: Sequence[tuple[bool, bool]]) -> Score:
    return Score(
        found=sum(there and got for there, got in pairs),
        missed=sum(there and not got for there, got in pairs),
        wrong=sum(got and not there for there, got in pairs),
    )


def read_acts(path: Path) -> Acts:
    """A reader's acts by call and line."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {(row["call"], int(row["line"])): frozenset(row["acts"].split(",")) for row in rows}


def found_in_call(name: str, heard: Callable[[str], str] = str) -> dict[tuple[str, int], frozenset[str]]:
    """The acts of one of the shared calls. `heard` changes the words on their way."""
    turns = []
    for index, line in enumerate((CALLS / name).read_text(encoding="utf-8").splitlines(), 1):
        role, start_s, end_s, text = line.split("\t")[:4]
        span = Span(float(start_s), max(float(start_s), float(end_s)))
        party = "agent" if role.startswith("med") else "customer"
        turns.append(SpokenTurn(index=index, party=party, span=span, text=heard(text.replace("\u200b", ""))))
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
