"""How much of the acts is lost with the words: `python -m tests.bench loss`.

15 % of the words of a transcript are dropped or replaced, half and half, and the packs' macro F1 is compared with that
on the words as they were. What replaces a word is one of the eight most like it in spelling among the language's words
(`alike`: what a recogniser does), or any other (`any`: harsher than one). The loss is the mean over seeds that nobody
tuned on, with its 95 % interval over them; real calls are scored against both readers of `bench_calls.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache, partial
from statistics import mean, stdev

from rapidfuzz import fuzz, process

from service.scoring.evidence import Language
from service.words.rules import load_pack
from tests.bench import bench_calls
from tests.bench.acts_labelled import found_in, macro_f1, read_labelled, scores
from tests.bench.report import Report

SEEDS = range(900, 905)
SHARE, LIMIT = 0.15, 0.10
N_ALIKE = 8
Heard = Callable[[str], str]


def run(report: Report) -> None:
    """Strangers' lines in both languages, then the real calls where they are present."""
    for language, part in bench_calls.STRANGERS:
        _measured(f"{language}{part}", language, partial(_of_lines, language, part), report)
    if not bench_calls.CALLS.is_dir():
        raise FileNotFoundError(2, "absent", str(bench_calls.CALLS))
    _measured("30 French calls", "fr", _of_calls, report)


def _measured(title: str, language: Language, macro: Callable[[Heard], float], report: Report) -> None:
    whole = macro(str)
    for how in ("alike", "any"):
        lost = [whole - macro(corrupter(language, how, seed)) for seed in SEEDS]
        half = 1.96 * stdev(lost) / len(lost) ** 0.5
        report.line(f"{title}, replaced by {how}: macro F1 {whole:.3f}, loss {mean(lost):.3f} ± {half:.3f}")
        if how == "alike":
            report.target(f"loss of macro F1 with lost words, {title}", mean(lost), LIMIT, "")


def corrupter(language: Language, how: str, seed: int) -> Heard:
    """Drops or replaces a share of the words; the same seed drops the same words."""
    rng = random.Random(seed)  # noqa: S311  # a bench, not a secret

    def heard(text: str) -> str:
        kept: list[str] = []
        for word in text.split():
            fate = rng.random()
            if fate >= SHARE:
                kept.append(word)
            elif fate >= SHARE / 2:
                kept.append(rng.choice(_alike(word, language) if how == "alike" else _words(language)))
        return " ".join(kept) or text

    return heard


@cache
def _words(language: Language) -> Sequence[str]:
    """All words of the labelled lines and of the pack's examples."""
    examples = [e for rule in load_pack(language).rules for e in (*rule.match, *rule.no_match)]
    texts = [*examples, *(line.text for part in ("", "_fresh") for line in read_labelled(language, part))]
    return sorted({word for text in texts for word in text.split() if word[0].isalpha() and not word.endswith(":")})


@cache
def _alike(word: str, language: Language) -> Sequence[str]:
    bare = word.lower().strip(".,?!")
    near = process.extract(word, _words(language), scorer=fuzz.ratio, limit=N_ALIKE + 4)
    return [other for other, _, _ in near if other.lower().strip(".,?!") != bare][:N_ALIKE] or _words(language)


def _of_lines(language: Language, part: str, heard: Heard) -> float:
    lines = read_labelled(language, part)
    found = found_in(lines, load_pack(language), heard, whole=True)
    return macro_f1(scores(lines, found), bench_calls.STRANGER_POSITIVES)[0]


def _of_calls(heard: Heard) -> float:
    """The mean over both readers, over the acts each has often enough."""
    readers = [bench_calls.read_acts(bench_calls.LABELLED / f"fr_calls_{name}.tsv") for name in "ab"]
    paths = sorted(bench_calls.CALLS.glob("*.tsv"))
    found = {key: acts for path in paths for key, acts in bench_calls.found_in_call(path.name, heard).items()}
    keys = sorted({key for acts in (found, *readers) for key in acts})
    macros = []
    for truth in readers:
        f1s = [s.f1 for s in bench_calls.scores_of(found, truth, keys).values() if s.support >= bench_calls.POSITIVES]
        macros.append(mean(f1s))
    return mean(macros)
