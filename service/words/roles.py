"""Who is the agent: told by option, by metadata or by the transcript; else decided from the words; else assumed.

Method: each label scores the weights of phrases agents typically say minus those customers typically say
(`role_phrases.yaml`, a phrase counted at most `COUNTED` times). The label that leads is the agent, with
confidence 1 - exp(-lead / SCALE) between 0 and 1; whoever speaks first leads a little, as inbound agents do.
Below `MIN_LEAD` nothing is decided: the first channel (or whoever speaks first, on mono) is assumed to be the
agent, with confidence 0. Our own method. The decision does not depend on the order of the channels, so that
swapped channels swap the labels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources

import yaml

from audio.timeline import Span, Word, total_s
from service.scoring.evidence import Roles
from service.words.language import guess_language
from service.words.tokens import is_filler, tokenise

MIN_LEAD = 1.0
"""Half of what one clear phrase weighs."""
SCALE = 3.0
FIRST_SPEAKER_LEAD = 0.5
COUNTED = 2

Phrases = Mapping[tuple[str, ...], float]
"""Tokens of a phrase, and its weight: positive for agents, negative for customers."""


def decide_roles(
    words: Mapping[str, Sequence[Word]],
    speech: Mapping[str, Sequence[Span]],
    *,
    option: str | None = None,
    metadata: str | None = None,
    transcript: str | None = None,
) -> Roles:
    """Roles of the labels of `speech`. `option`, `metadata`, `transcript`: the agent's label when that source names
    one; they are followed in this order, the first two even when that label was silent. Without any label the
    agent is `channel_0`, assumed.
    """
    labels = list(speech)
    if option is not None:
        return Roles(agent=option, customer=_other(option, speech), decided_by="option", confidence=1.0)
    if metadata is not None:
        return Roles(agent=metadata, customer=_other(metadata, speech), decided_by="metadata", confidence=1.0)
    if transcript in labels and transcript is not None:
        return Roles(agent=transcript, customer=_other(transcript, speech), decided_by="transcript", confidence=1.0)
    agent, lead = _leader({label: score for label, score in score_labels(words, speech).items() if label in speech})
    if agent is not None and lead >= MIN_LEAD:
        confidence = 1.0 - math.exp(-lead / SCALE)
        return Roles(agent=agent, customer=_other(agent, speech), decided_by="words", confidence=confidence)
    assumed = _assumed(speech)
    return Roles(agent=assumed, customer=_other(assumed, speech), decided_by="assumed", confidence=0.0)


def score_labels(words: Mapping[str, Sequence[Word]], speech: Mapping[str, Sequence[Span]]) -> dict[str, float]:
    """How much each label sounds like an agent in its words (positive) or like a customer (negative)."""
    language, _ = guess_language(w.text for said in words.values() for w in said)
    scores = {label: _score((w.text for w in words.get(label, ())), language) for label in speech}
    first = _first_speaker(speech)
    if first is not None and any(words.values()):
        scores[first] += FIRST_SPEAKER_LEAD
    return scores


@lru_cache
def phrases(language: str) -> Phrases:
    """The phrases of one language, from the data file."""
    with (resources.files("service") / "words" / "role_phrases.yaml").open(encoding="utf-8") as stream:
        lists = yaml.safe_load(stream)[language]
    agent = {tuple(text.split()): float(weight) for text, weight in lists["agent"].items()}
    customer = {tuple(text.split()): -float(weight) for text, weight in lists["customer"].items()}
    return {**agent, **customer}


def _score(texts: Iterable[str], language: str | None) -> float:
    text = " ".join(texts)
    languages = ("fr", "en") if language is None else (language,)
    return math.fsum(_phrase_score(text, each) for each in languages)


def _phrase_score(text: str, language: str) -> float:
    known = phrases(language)
    said = [t.norm for t in tokenise(text, language) if not is_filler(t.norm, language)]
    lengths = {len(phrase) for phrase in known}
    grams = Counter(tuple(said[i : i + n]) for n in lengths for i in range(len(said) - n + 1))
    return math.fsum(weight * min(grams[phrase], COUNTED) for phrase, weight in known.items())


def _leader(scores: Mapping[str, float]) -> tuple[str | None, float]:
    """The label with the highest score and its lead over the next one (over 0 when it is alone)."""
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked:
        return None, 0.0
    return ranked[0][0], ranked[0][1] - (ranked[1][1] if len(ranked) > 1 else 0.0)


def _first_speaker(speech: Mapping[str, Sequence[Span]]) -> str | None:
    """Who starts first; None when two start at once, or nobody speaks."""
    starts = sorted((min(spans).start_s, label) for label, spans in speech.items() if spans)
    if not starts or (len(starts) > 1 and starts[0][0] == starts[1][0]):
        return None
    return starts[0][1]


def _assumed(speech: Mapping[str, Sequence[Span]]) -> str:
    labels = sorted(speech) or ["channel_0"]
    if labels[0].startswith("channel_"):
        return labels[0]
    return _first_speaker(speech) or labels[0]


def _other(agent: str, speech: Mapping[str, Sequence[Span]]) -> str | None:
    """The customer: of the other labels the one that speaks most."""
    others = sorted(label for label in speech if label != agent)
    return max(others, key=lambda label: total_s(speech[label]), default=None)
