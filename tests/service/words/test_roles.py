from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from audio.timeline import Span, Word
from service.words.roles import decide_roles, phrases
from service.words.tokens import tokenise

AGENT = {
    "fr": "Bonjour, bienvenue chez Exemple, Julie à l'appareil, que puis-je faire pour vous ? Votre numéro client ?",
    "en": "Thank you for calling Example, my name is Julie, how can I help you today? Can I have your account number?",
}
CUSTOMER = {
    "fr": "Bonjour, je vous appelle parce que j'ai reçu ma facture et mon abonnement a augmenté sans prévenir",
    "en": "Hi, I'm calling because my bill went up this month and my subscription did not change at all",
}
SPEECH = {"channel_0": [Span(1.0, 5.0)], "channel_1": [Span(6.0, 12.0)]}


def words(text: str) -> list[Word]:
    return [Word(w, Span(i * 0.4, i * 0.4 + 0.3)) for i, w in enumerate(text.split())]


def swapped(found: Mapping[str, Sequence[object]]) -> dict[str, Sequence[object]]:
    return {"channel_0": found["channel_1"], "channel_1": found["channel_0"]}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_words_decide_and_swapped_channels_swap(language: str):
    said = {"channel_0": words(CUSTOMER[language]), "channel_1": words(AGENT[language])}
    roles = decide_roles(said, SPEECH)
    assert (roles.agent, roles.customer, roles.decided_by) == ("channel_1", "channel_0", "words")
    assert 0.8 < roles.confidence < 1.0
    other = decide_roles(swapped(said), swapped(SPEECH))  # type: ignore[arg-type]  # swapped keeps the kinds of its values
    assert (other.agent, other.customer, other.decided_by) == ("channel_0", "channel_1", "words")
    assert other.confidence == pytest.approx(roles.confidence, abs=1e-12)


@pytest.mark.parametrize("silent", ["channel_0", "channel_1"])
def test_one_side_is_enough(silent: str):
    said = {"channel_0": words(CUSTOMER["fr"]), "channel_1": words(AGENT["fr"])} | {silent: []}
    assert decide_roles(said, SPEECH).agent == "channel_1"


def test_told_sources_win_in_their_order():
    said = {"channel_0": words(CUSTOMER["fr"]), "channel_1": words(AGENT["fr"])}
    told = {"option": "channel_0", "metadata": "channel_1", "transcript": "channel_0"}
    for source in ("option", "metadata", "transcript"):
        roles = decide_roles(said, SPEECH, **told)  # type: ignore[arg-type]  # None is put in below
        assert (roles.agent, roles.decided_by, roles.confidence) == (told[source], source, 1.0)
        assert roles.customer != roles.agent
        told[source] = None  # type: ignore[assignment]  # this source says nothing from here on
    assert decide_roles(said, SPEECH, transcript="speaker_7").decided_by == "words"


@pytest.mark.parametrize("said", [{}, {"channel_0": words("oui non"), "channel_1": words("ah bon")}])
def test_nothing_to_go_by_is_assumed_without_confidence(said: dict[str, list[Word]]):
    roles = decide_roles(said, SPEECH)
    assert (roles.agent, roles.customer, roles.decided_by, roles.confidence) == (
        "channel_0",
        "channel_1",
        "assumed",
        0.0,
    )
    late = {"speaker_0": [Span(6.0, 9.0)], "speaker_1": [Span(1.0, 5.0)]}
    assert decide_roles({}, late).agent == "speaker_1"


def test_odd_numbers_of_labels():
    alone = decide_roles({}, {"speaker_0": [Span(0.0, 1.0)]})
    assert (alone.agent, alone.customer) == ("speaker_0", None)
    three = SPEECH | {"channel_2": [Span(20.0, 21.0)]}
    roles = decide_roles({"channel_1": words(AGENT["en"]), "channel_0": words(CUSTOMER["en"])}, three)
    assert (roles.agent, roles.customer) == ("channel_1", "channel_0")
    assert decide_roles({}, {}).decided_by == "assumed"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_phrase_is_written_as_tokens_are_cut(language: str):
    for phrase in phrases(language):
        assert tuple(t.norm for t in tokenise(" ".join(phrase), language)) == phrase


def test_the_shared_calls_have_their_doctor_found(shared_calls: Path):
    """30 emergency calls: the doctor is the agent. At least 28 right leaves room for two hard ones."""
    right = 0
    for file in sorted((shared_calls / "fr_transcripts").glob("*.tsv")):
        said: dict[str, list[Word]] = {"channel_0": [], "channel_1": []}
        for row in filter(None, file.read_text(encoding="utf-8").split("\n")):
            role, start, end, text = row.split("\t")
            span = Span(float(start), float(end))
            said["channel_1" if role == "medecin" else "channel_0"] += [Word(w, span) for w in text.split()]
        roles = decide_roles(said, {label: [w.span for w in spoken] for label, spoken in said.items()})
        right += (roles.agent, roles.decided_by) == ("channel_1", "words")
    assert right >= 28
