"""A small builder of evidence: turns written as text with marked acts, timed at a steady pace.

    CallBuilder().agent("{greeting:bonjour} | {courtesy_question:comment allez-vous}").customer("ça va", gap_s=0.4)

`{act:words}` marks an act; ` | ` is a pause of 0.4 s inside a turn. Floor events and floor measures come from the
real `audio.floor` on the speech this gives; voice values are set by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from audio.floor import find_events, measure_floor
from audio.notes import Measure, Note
from audio.phrase import PhraseDelivery, Reference
from audio.timeline import Party, Span, Word
from service.scoring.evidence import (
    Act,
    CallInfo,
    Evidence,
    GestureDelivery,
    Layout,
    Outcome,
    Roles,
    SpokenTurn,
    TurnVoice,
    WordsInfo,
)

WORD_S = 0.3
PAUSE_S = 0.4
_MARK = re.compile(r"\{(\w+):([^}]*)\}")
LIVELY = {"pitch_spread": 3.0, "pitch_range": 8.0, "rate_cv": 0.2}
FLAT = {"pitch_spread": 0.8, "pitch_range": 2.0, "rate_cv": 0.04}


@dataclass
class CallBuilder:
    """Say turns in order; `gap_s` counts from the end of everything said before, negative overlaps."""

    language: str = "fr"
    mono: bool = False
    direction: str = "inbound"
    voice: Mapping[str, float] = field(default_factory=lambda: LIVELY)
    turn_spread_st: float = 3.0
    span_ratio: float | None = 1.0
    rate_ratio: float | None = 1.0
    words: bool = True
    confidence: float | None = None
    now_s: float = 0.5
    turns: list[SpokenTurn] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    tail_s: float = 2.0

    def agent(self, text: str, *, gap_s: float = 0.3) -> CallBuilder:
        return self._say("agent", text, gap_s)

    def customer(self, text: str, *, gap_s: float = 0.3) -> CallBuilder:
        return self._say("customer", text, gap_s)

    def _say(self, party: Party, marked: str, gap_s: float) -> CallBuilder:
        start_s, index = self.now_s + gap_s, len(self.turns)
        clock_s, ipu_start_s = start_s, start_s
        words: list[Word] = []
        ipus: list[Span] = []
        opened: tuple[str, float, int] | None = None
        for piece in _pieces(marked):
            if piece == "|":
                ipus.append(Span(ipu_start_s, clock_s))
                clock_s += PAUSE_S
                ipu_start_s = clock_s
            elif piece.startswith("<"):
                opened = (piece[1:], clock_s, len(words))
            elif piece == ">":
                assert opened is not None
                name, at_s, first = opened
                quote = " ".join(w.text for w in words[first:])
                self.acts.append(
                    Act(id=name, party=party, turn=index, span=Span(at_s, clock_s), quote=quote, rule=f"test/{name}")
                )
            else:
                words.append(Word(piece, Span(clock_s, clock_s + WORD_S), self.confidence))
                clock_s += WORD_S
        ipus.append(Span(ipu_start_s, clock_s))
        self.turns.append(self._turn(index, party, Span(start_s, clock_s), ipus, words))
        self.now_s = max(self.now_s, clock_s)
        return self

    def _turn(self, index: int, party: Party, span: Span, ipus: list[Span], words: list[Word]) -> SpokenTurn:
        voice = None
        if party == "agent":
            voice = TurnVoice(
                voiced_s=span.duration_s, pitch_spread_st=self.turn_spread_st, articulation_rate_per_s=5.0
            )
        heard = words if self.words else []
        return SpokenTurn(
            index=index,
            party=party,
            span=span,
            ipus=tuple(ipus),
            text=" ".join(w.text for w in heard),
            words=tuple(heard),
            confidence=self.confidence,
            voice=voice,
        )

    def build(self) -> Evidence:
        duration_s = self.now_s + self.tail_s
        speech: dict[Party, tuple[Span, ...]] = {"agent": (), "customer": ()}
        for turn in self.turns:
            speech[turn.party] = (*speech[turn.party], *turn.ipus)
        speech = {party: tuple(sorted(spans)) for party, spans in speech.items()}
        source = "diarized mono" if self.mono else "two channels"
        events = find_events(speech, mono=self.mono)
        floor = measure_floor(speech, events, duration_s=duration_s, mono=self.mono, source=source)
        voice = tuple(Measure(name, value, "st", "test", 60.0) for name, value in self.voice.items())
        return Evidence(
            timbre_version="0",
            call=CallInfo(name="call", duration_s=duration_s, direction=self.direction),
            files=(),
            layout=Layout(kind="two_parties", n_channels=2),
            outcome=Outcome(kind="conversation"),
            source=source,
            roles=Roles(agent="channel_0", customer="channel_1", decided_by="option", confidence=1.0),
            words=self._words_info(),
            speech=speech,
            turns=tuple(sorted(self.turns, key=lambda t: t.span)),
            floor=tuple(events),
            measures={
                "agent": (*floor.by_party["agent"], *voice),
                "customer": tuple(floor.by_party["customer"]),
            },
            call_measures=tuple(floor.call),
            acts=tuple(self.acts) if self.words else (),
            deliveries=tuple(self._delivery(i) for i, act in enumerate(self.acts) if act.party == "agent"),
        )

    def _delivery(self, act: int) -> GestureDelivery:
        """As wide and as fast as the rest, unless the call says otherwise; 5 stretches of 3 st to compare with."""
        return said(act, self.acts[act].span, span_ratio=self.span_ratio, rate_ratio=self.rate_ratio)

    def _words_info(self) -> WordsInfo:
        if not self.words:
            return WordsInfo(available=False, reason=Note("scoring.no_transcript"))
        return WordsInfo(available=True, source="test", language=self.language, word_times=True, speech_covered=1.0)


def said(act: int, span: Span, *, span_ratio: float | None, rate_ratio: float | None) -> GestureDelivery:
    """A delivery with these values; None is withheld, with a reason."""
    values = {"phrase_span_ratio": span_ratio, "phrase_rate_ratio": rate_ratio}
    short = Note("voice.phrase_short", {"have": 0.5, "need": 1.0})
    measures = [Measure(n, v, "", "test", 2.0, reason=short if v is None else None) for n, v in values.items()]
    spread_st = None if span_ratio is None else 3.0 * span_ratio
    rate_per_s = None if rate_ratio is None else 5.0 * rate_ratio
    reference = Reference(speech_s=40.0, stretches=5, spread_st=3.0, rate_per_s=5.0, endings=5)
    found = PhraseDelivery(span, span.duration_s, 1.0, spread_st, rate_per_s, "fall", tuple(measures), reference)
    return GestureDelivery(act=act, delivery=found)


def _pieces(marked: str) -> list[str]:
    """Words, `<act` and `>` around its words, and `|` for a pause."""
    spaced = _MARK.sub(lambda m: f" <{m.group(1)} {m.group(2)} > ", marked)
    return spaced.split()


def robot_call(**options: object) -> CallBuilder:
    """Every phrase said, nothing followed, no room: the agent goes straight on."""
    call = CallBuilder(**options)  # type: ignore[arg-type]  # options are the builder's own fields
    call.agent(
        "{greeting:bonjour} {self_intro:Sonia du service technique} | {courtesy_question:comment allez-vous} |"
        " {offer_help:en quoi puis-je vous aider}"
    )
    call.customer("euh ma {c_problem:box ne marche plus} depuis lundi et le voyant clignote en orange", gap_s=0.5)
    call.agent(
        "{empathy_phrase:je comprends votre situation} | {reassurance:ne vous inquiétez pas} |"
        " {open_question:pouvez-vous m'en dire plus} | {reformulation:si je comprends bien} vous nous appelez"
    )
    call.customer("oui et {c_distress:je suis bloqué pour travailler} vous voyez", gap_s=0.5)
    call.agent(
        "{explanation_why:parce que c'est la procédure} {proposal:je vous propose notre formule premium}"
        " {offer_choice:vous avez le choix entre deux formules} | {vague_promise:on va faire le nécessaire} |"
        " {action_commitment:je transmets votre demande} |"
        " {check_understanding:est-ce que c'est clair} | {anything_else:avez-vous une autre question} |"
        " {thanks:merci de votre appel} {closing:bonne journée au revoir}"
    )
    return call.customer("mais attendez", gap_s=0.1)


def warm_call(**options: object) -> CallBuilder:
    """No formula, all the care: room, the customer's own words, questions about it, a reason, an act with a time."""
    call = CallBuilder(**options)  # type: ignore[arg-type]  # options are the builder's own fields
    call.agent("oui allô je vous écoute")
    call.customer("voilà ma {c_problem:box ne marche plus} depuis lundi et le voyant clignote en orange", gap_s=0.6)
    call.agent("orange et il clignote depuis lundi alors {closed_question:la box chauffe}", gap_s=0.6)
    call.customer("oui elle chauffe et {c_distress:je suis bloqué pour travailler} à la maison", gap_s=0.6)
    call.agent(
        "bloqué pour travailler à la maison d'accord {closed_question:vous avez un téléphone portable}", gap_s=0.6
    )
    call.customer("oui avec un forfait de vingt gigas", gap_s=0.6)
    call.agent(
        "alors {proposal:on passe votre connexion par le portable} {mutual_benefit:comme ça vous pouvez travailler}"
        " {closed_question:ça vous irait}",
        gap_s=0.6,
    )
    call.customer("{c_question:et ça marche avec mon forfait} vous êtes certain", gap_s=0.6)
    call.agent("oui vos vingt gigas suffisent pour une semaine {closed_question:on essaie}", gap_s=0.6)
    call.customer("d'accord on essaie", gap_s=0.6)
    return call.agent("voilà c'est fait", gap_s=0.6)
