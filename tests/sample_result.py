"""A made-up result for tests of pages and terminal: one call of 168 s, its scorecard, its sound; and a hostile twin.

Its notes speak through a small catalogue of their own, so that these tests hold whatever the rubric's sentences
become.
"""
# ruff: noqa: E501 - made-up speech and its sentences read best on one line

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from audio.floor import FloorEvent
from audio.notes import Measure, Note
from audio.recording import Channel, FileFacts, Recording
from audio.timeline import FrameTrack, Party, Span, Word
from service import say
from service.scoring.evidence import (
    Act,
    CallInfo,
    Comparison,
    ComponentFound,
    Evidence,
    Layout,
    MetallicClip,
    MetallicFound,
    Outcome,
    Roles,
    SpokenTurn,
    WordsInfo,
)
from service.scoring.judgement import (
    Confidence,
    Criterion,
    Family,
    GestureLine,
    Headline,
    Judgement,
    Moment,
    Occurrence,
    Overridden,
    PersonLine,
    QuadrantCuts,
    RubricOutcome,
    Score,
    SectionTotal,
    Subtotal,
)
from service.web.page_timeline import PageTracks

DURATION_S = 168.0
RATE_HZ = 8000
AGENT_HZ, CUSTOMER_HZ = 190.0, 120.0

SENTENCES: Mapping[str, tuple[str, str]] = {
    "sample.greeting": (
        "Dit à {at_s:.1f} s, dans les vingt premières secondes.",
        "Said at {at_s:.1f} s, within the first twenty seconds.",
    ),
    "sample.mechanical": (
        "Dit à {at_s:.1f} s ; le client a eu {room_s:.1f} s pour répondre et rien de sa réponse n’est repris.",
        "Said at {at_s:.1f} s; the customer got {room_s:.1f} s to answer and nothing of the answer was taken up.",
    ),
    "sample.lived": (
        "Trois mots du client repris, et {room_s:.1f} s de silence ensuite.",
        "Three of the customer’s words taken up, then {room_s:.1f} s of silence.",
    ),
    "sample.missing": ("Rien d’approchant dans les 90 dernières secondes.", "Nothing like it in the last 90 seconds."),
    "sample.not_expected": ("Aucune attente de plus de 10 s.", "No hold over 10 s."),
    "sample.not_assessable": ("La fin de l’appel n’est pas transcrite.", "The end of the call has no transcript."),
    "sample.free": (
        "Un fait du client repris 70 s plus tard, sans qu’on le demande.",
        "A fact of the customer’s taken up 70 s later, unasked.",
    ),
    "sample.room": ("{room_s:.1f} s de silence après la question.", "{room_s:.1f} s of silence after the question."),
    "sample.echo": ("{n} mots du client repris.", "{n} of the customer’s words taken up."),
    "sample.voice": (
        "Débit {ratio:.2f} fois celui du reste de l’appel.",
        "Rate {ratio:.2f} times that of the rest of the call.",
    ),
    "sample.criterion": (
        "{n} fois en {minutes:.1f} min de parole du client.",
        "{n} times in {minutes:.1f} min of customer speech.",
    ),
    "sample.share": (
        "{n} questions sur {total} suivies d’au moins 1 s.",
        "{n} of {total} questions followed by at least 1 s.",
    ),
    "sample.withheld": (
        "Il faut au moins 20 s voisées, il y en a {n:.0f}.",
        "It takes at least 20 s voiced, there are {n:.0f}.",
    ),
    "sample.score": ("{n} lignes évaluées.", "{n} lines assessed."),
    "sample.raise": (
        "Dix appels antérieurs de l’agent donneraient une référence.",
        "Ten earlier calls of the agent would give a reference.",
    ),
    "sample.moment": (
        "Question posée, puis reprise de parole après {room_s:.1f} s.",
        "A question asked, then speech again after {room_s:.1f} s.",
    ),
    "sample.hint": ("Qu’attendiez-vous comme réponse à cet endroit ?", "What answer were you expecting at this point?"),
    "sample.good_hint": ("Qu’est-ce qui vous a fait reprendre ce mot-là ?", "What made you take up that very word?"),
    "sample.warning": (
        "Le niveau du canal 2 est bas ({level_db:.0f} dB).",
        "The level of channel 2 is low ({level_db:.0f} dB).",
    ),
    "sample.voicemail": (
        "Une seule voix, et un signal sonore à {at_s:.0f} s.",
        "A single voice, and a tone at {at_s:.0f} s.",
    ),
    "sample.no_words": (
        "Pas de transcription : lancez timbre models fetch.",
        "No transcript: run timbre models fetch.",
    ),
    "sample.text": ("Indiqué par {who}.", "Given by {who}."),
}


def speak_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds the sample's sentences to the real catalogues."""
    real = say.catalogue

    def both(lang: say.Lang) -> Mapping[str, str]:
        pick = 0 if lang == "fr" else 1
        return {**real(lang), **{key: pair[pick] for key, pair in SENTENCES.items()}}

    monkeypatch.setattr(say, "catalogue", both)


SAID: tuple[tuple[Party, float, float, str], ...] = (
    ("agent", 0.8, 4.6, "Bonjour, service technique Les Tilleuls, Camille à l'appareil."),
    ("agent", 5.0, 6.4, "Comment allez-vous ?"),
    ("agent", 6.8, 10.2, "Alors, que puis-je faire pour vous aujourd'hui ?"),
    (
        "customer",
        11.4,
        24.8,
        "Oui bonjour, voilà, ma box clignote en rouge depuis hier soir et je travaille à la maison demain matin.",
    ),
    (
        "agent",
        26.0,
        33.5,
        "Si je vous suis bien, la box clignote en rouge depuis hier soir, et il vous la faut pour demain matin ?",
    ),
    ("customer", 35.1, 38.0, "C'est ça, oui, exactement."),
    (
        "agent",
        39.0,
        56.0,
        "Je vais d'abord vérifier la ligne. Je vous demande cela parce que si le signal est bon, le problème vient du boîtier, et je peux le remplacer sans déplacement.",
    ),
    ("customer", 55.2, 58.8, "D'accord mais j'ai déjà redémarré"),
    ("agent", 58.2, 66.0, "Oui alors on va redémarrer la box une nouvelle fois s'il vous plaît."),
    ("customer", 68.0, 79.0, "Je l'ai déjà fait trois fois, je vous l'ai dit, ça ne change rien."),
    ("agent", 80.4, 84.0, "Je comprends."),
    (
        "agent",
        92.5,
        108.0,
        "La ligne est bonne. Je vous propose deux possibilités : un échange en boutique ce soir, ou un envoi qui arrive mercredi. C'est vous qui choisissez.",
    ),
    ("customer", 110.2, 117.0, "En boutique ce soir, ce sera mieux pour ma réunion."),
    (
        "agent",
        118.1,
        131.0,
        "Très bien, je réserve l'échange à votre nom, il sera prêt à dix-huit heures, vous recevez un message dans cinq minutes.",
    ),
    ("customer", 132.0, 136.0, "Parfait, merci."),
    (
        "agent",
        137.2,
        148.0,
        "Pour votre réunion de demain matin, prenez aussi la clé 4G prêtée, cela vous couvre si l'échange tarde.",
    ),
    ("customer", 149.4, 153.0, "Ah, c'est gentil, merci beaucoup."),
    ("agent", 154.2, 160.5, "Merci de votre appel, bonne soirée, au revoir."),
)


def turns() -> tuple[SpokenTurn, ...]:
    return tuple(_turn(i, *said) for i, said in enumerate(SAID))


def _turn(index: int, party: Party, start_s: float, end_s: float, text: str) -> SpokenTurn:
    tokens = text.split()
    step_s = (end_s - start_s) / len(tokens)
    words = tuple(
        Word(token, Span(start_s + i * step_s, start_s + (i + 1) * step_s), 0.9) for i, token in enumerate(tokens)
    )
    span = Span(start_s, end_s)
    return SpokenTurn(index=index, party=party, span=span, ipus=(span,), text=text, words=words, confidence=0.9)


def speech() -> dict[Party, tuple[Span, ...]]:
    """Each turn in breaths of 2 s, 0.3 s apart."""
    out: dict[Party, list[Span]] = {"agent": [], "customer": []}
    for party, start_s, end_s, _ in SAID:
        at_s = start_s
        while at_s < end_s:
            out[party].append(Span(at_s, min(at_s + 2.0, end_s)))
            at_s += 2.3
    return {party: tuple(spans) for party, spans in out.items()}


FLOOR = (
    FloorEvent("interruption", "customer", Span(55.2, 56.0), 0.8),
    FloorEvent("failed_interruption", "agent", Span(58.2, 58.8), 0.6),
    FloorEvent("backchannel", "customer", Span(44.0, 44.4), 0.4),
    FloorEvent("backchannel", "agent", Span(17.2, 17.6), 0.4),
    FloorEvent("terminal_overlap", "agent", Span(131.8, 132.0), 0.3),
    FloorEvent("dual_start", "agent", Span(148.9, 149.2), 0.3),
    FloorEvent("dead_air", None, Span(84.0, 92.5), 8.5),
    FloorEvent("gap", "customer", Span(10.2, 11.4), 1.2),
)

MEASURES: dict[Party, tuple[Measure, ...]] = {
    "agent": (
        Measure("pitch_spread", 1.42, "st", "two channels", 41.0),
        Measure("pitch_range", 3.8, "st", "two channels", 41.0),
        Measure("articulation_rate", 5.6, "syll/s", "two channels", 62.0),
        Measure("loudness_spread", None, "dB", "two channels", 9.0, reason=Note("sample.withheld", {"n": 9.0})),
        Measure("metallic_share", 75.0, "%", "two channels", 160.0),
        Measure("talk_share", 68.0, "%", "two channels", 122.0),
        Measure("interruptions", 0.0, "/10 min", "two channels", 3.0, "n"),
        Measure("a_measure_of_tomorrow", 0.37, "ratio", "two channels", 12.0, below_gate=True),
    ),
    "customer": (
        Measure("pitch_spread", 2.9, "st", "two channels", 22.0),
        Measure("talk_share", 32.0, "%", "two channels", 122.0),
    ),
}


def _component(name: str, value: float | None, unit: str, limit: float | None, low: bool | None) -> ComponentFound:
    return ComponentFound(
        name=name,
        value=value,
        unit=unit,
        limit=limit,
        against=None if limit is None else "floor",
        low=low,
        windows_low=3 * bool(low),
        windows_read=0 if low is None else 4,
        reason=Note("voice.no_floor", {"need": 10}) if low is None else None,
    )


FIVE = (
    _component("pitch_spread", 1.12, "st", 1.5, True),
    _component("loudness_spread", 6.9, "dB", None, None),
    _component("rate_cv", 0.06, "", 0.1, True),
    _component("final_contour_entropy", 1.2, "bit", 0.6, False),
    _component("syllable_npvi", 26.4, "", 30.0, True),
)
METALLIC = MetallicFound(
    share_percent=75.0,
    components=FIVE,
    assessable_s=160.0,
    spans=(Span(39.0, 84.0), Span(92.5, 131.0)),
    longest_s=120.0,
    flagged=True,
    worst=MetallicClip(span=Span(58.2, 78.2), components=FIVE),
    windows=({c.name: c.value for c in FIVE},),
    compared=Comparison(language="fr", channel_class="two channels, narrow", syllables="words"),
)


def evidence(**changes: object) -> Evidence:
    base = Evidence(
        timbre_version="0.1.0",
        call=CallInfo(
            name="Box en panne, avant une réunion",
            duration_s=DURATION_S,
            agent_name="Camille",
            started_at="2026-11-20 18:04",
        ),
        files=(FileFacts("a" * 64, "wav", "pcm_mulaw", RATE_HZ, 2, DURATION_S, 2_688_000),),
        layout=Layout(kind="two_parties", n_channels=2),
        outcome=Outcome(kind="conversation"),
        source="two channels",
        roles=Roles(agent="channel_0", customer="channel_1", decided_by="words", confidence=0.93),
        words=WordsInfo(
            available=True,
            source="imported WebVTT",
            language="fr",
            language_decided_by="transcript",
            word_times=True,
            median_confidence=0.9,
            speech_covered=0.97,
            packs=("fr/1",),
        ),
        speech=speech(),
        turns=turns(),
        floor=FLOOR,
        measures=MEASURES,
        metallic={"agent": METALLIC},
        call_measures=(
            Measure("dead_air_pct", 5.1, "%", "two channels", DURATION_S),
            Measure("dead_air_max", 8.5, "s", "two channels", DURATION_S),
        ),
        acts=(
            Act(id="greeting", party="agent", turn=0, span=Span(0.8, 1.4), quote="Bonjour", rule="fr/greeting/1"),
            Act(
                id="c_problem",
                party="customer",
                turn=3,
                span=Span(12.0, 20.0),
                quote="ma box clignote en rouge",
                rule="fr/c_problem/1",
            ),
        ),
        notes=(Note("sample.warning", {"level_db": -38.0}),),
        tools={"speech": "silero 5", "pitch": "swift-f0 0.3"},
    )
    return base.model_copy(update=changes)


def family(name: str, state: str, code: str, span: Span | None = None, quote: str = "", **params: float) -> Family:
    fields = {"name": name, "state": state, "why": Note(code, params), "span": span, "quote": quote}
    return Family.model_validate(fields)


def gestures() -> tuple[GestureLine, ...]:
    def line(
        gesture: str, verdict: str, code: str, *made: Occurrence, window: Span | None = None, **params: float
    ) -> GestureLine:
        fields = {
            "id": gesture,
            "verdict": verdict,
            "why": Note(code, params),
            "expected": verdict != "not_expected",
            "weight": 1.0,
            "occurrences": made,
            "window": window,
        }
        return GestureLine.model_validate(fields)

    def at(turn: int, start_s: float, end_s: float, quote: str, *families: Family) -> Occurrence:
        return Occurrence(turn=turn, span=Span(start_s, end_s), quote=quote, rule="fr/x/1", families=families)

    room = family("room", "present", "sample.room", Span(33.5, 35.1), room_s=1.6)
    no_room = family("room", "absent", "sample.room", Span(6.4, 6.8), room_s=0.4)
    echo = family(
        "follow_through", "present", "sample.echo", Span(26.0, 33.5), "la box clignote en rouge depuis hier soir", n=5
    )
    no_echo = family("follow_through", "absent", "sample.echo", n=0)
    voice = family("delivery", "not_assessable", "sample.voice", ratio=1.31)
    closed = family("room", "not_applicable", "sample.room", room_s=0.0)
    return (
        line("greeting", "done", "sample.greeting", at(0, 0.8, 1.4, "Bonjour", closed), at_s=0.8),
        line("self_intro", "done", "sample.greeting", at(0, 2.6, 4.6, "Camille à l'appareil"), at_s=2.6),
        line(
            "courtesy_question",
            "mechanical",
            "sample.mechanical",
            at(1, 5.0, 6.4, "Comment allez-vous ?", no_room, no_echo, voice),
            at_s=5.0,
            room_s=0.4,
        ),
        line("offer_help", "lived", "sample.lived", at(2, 6.8, 10.2, "que puis-je faire pour vous", room), room_s=1.2),
        line(
            "reformulation",
            "lived",
            "sample.lived",
            at(4, 26.0, 33.5, "Si je vous suis bien, la box clignote en rouge", room, echo),
            room_s=1.6,
        ),
        line(
            "empathy_phrase",
            "mechanical",
            "sample.mechanical",
            at(10, 80.4, 84.0, "Je comprends", no_room, no_echo),
            at_s=80.4,
            room_s=0.3,
        ),
        line(
            "explanation_why",
            "lived",
            "sample.lived",
            at(6, 43.0, 49.0, "Je vous demande cela parce que si le signal est bon", echo),
            room_s=1.1,
        ),
        line(
            "offer_choice", "lived", "sample.lived", at(11, 98.0, 108.0, "C'est vous qui choisissez", room), room_s=2.2
        ),
        line(
            "action_commitment",
            "lived",
            "sample.lived",
            at(13, 119.0, 131.0, "il sera prêt à dix-huit heures", echo),
            room_s=1.0,
        ),
        line(
            "check_understanding",
            "free",
            "sample.free",
            at(15, 137.2, 148.0, "Pour votre réunion de demain matin", echo),
        ),
        line("anything_else", "missing", "sample.missing", window=Span(78.0, 168.0)),
        line("hold_notice", "not_expected", "sample.not_expected"),
        line("thanks", "done", "sample.greeting", at(17, 154.2, 156.0, "Merci de votre appel"), at_s=154.2),
        line("closing", "not_assessable", "sample.not_assessable"),
    )


def criteria() -> tuple[Criterion, ...]:
    def one(
        name: str,
        idea: str,
        value: float | None,
        unit: str,
        score: float | None,
        weight: float,
        why: Note,
        *spans: Span,
    ) -> Criterion:
        return Criterion(id=name, idea=idea, value=value, unit=unit, score=score, weight=weight, why=why, spans=spans)

    few = Note("sample.criterion", {"n": 1, "minutes": 0.7})
    return (
        one("interruptions", "I1", 1.4, "/10 min", 0.9, 2.0, few, Span(58.2, 58.8)),
        one(
            "room_after_question",
            "I1",
            60.0,
            "%",
            0.55,
            3.0,
            Note("sample.share", {"n": 3, "total": 5}),
            Span(5.0, 6.8),
            Span(33.5, 35.1),
        ),
        one("pressure", "I3", 0.0, "n", 1.0, 1.0, few),
        one("out_of_the_metal", "I2", None, "0-1", None, 2.0, Note("sample.withheld", {"n": 9.0})),
        one("accommodation", "I2", 0.21, "r", 0.3, 0.0, Note("sample.criterion", {"n": 18, "minutes": 1.2})),
    )


def moments() -> tuple[Moment, ...]:
    def one(n: int, kind: str, start_s: float, end_s: float, quote: str, *, good: bool = False) -> Moment:
        return Moment(
            id=f"m{n}",
            kind=kind,
            party="agent",
            span=Span(start_s, end_s),
            listen=Span(max(0.0, start_s - 1), end_s + 1),
            severity=1.0 / n,
            good=good,
            why=Note("sample.moment", {"room_s": 0.4}),
            hint=Note("sample.good_hint" if good else "sample.hint"),
            quote=quote,
        )

    return (
        one(1, "interruptions", 55.2, 59.0, "on va redémarrer la box une nouvelle fois"),
        one(2, "courtesy_question", 5.0, 8.0, "Comment allez-vous ?"),
        one(3, "empathy_phrase", 80.4, 92.5, "Je comprends."),
        one(
            4,
            "reformulation",
            26.0,
            35.0,
            "la box clignote en rouge depuis hier soir, et il vous la faut pour demain",
            good=True,
        ),
        one(5, "free_care", 137.2, 148.0, "Pour votre réunion de demain matin, prenez aussi la clé 4G", good=True),
    )


def judgement(**changes: object) -> Judgement:
    base = Judgement(
        timbre_version="0.1.0",
        rubric="service-fr 1",
        policy="combined",
        headline=Headline(
            expected=13,
            made=10,
            by_verdict={"lived": 5, "mechanical": 2, "done": 3, "free": 1, "missing": 1, "not_assessable": 1},
        ),
        gestures=gestures(),
        free_gestures=(
            Occurrence(turn=15, span=Span(137.2, 148.0), quote="prenez aussi la clé 4G prêtée", rule="free/fact"),
        ),
        criteria=criteria(),
        script=Score(value=83.0, low=78.0, high=90.0, assessed_share=0.93, why=Note("sample.score", {"n": 12})),
        intention=Score(value=61.0, low=52.0, high=70.0, assessed_share=0.78, why=Note("sample.score", {"n": 14})),
        quadrant="script_and_intention",
        cuts=QuadrantCuts(script=70, intention=60),
        confidence=Confidence(word="fair", share=0.66, would_raise=(Note("sample.raise"),)),
        moments=moments(),
    )
    return base.model_copy(update=changes)


def reviewed(**changes: object) -> Judgement:
    """The sample under a rubric with sections, lines for a person and a line that fails a call, two lines decided."""
    lines, conduct = list(gestures()), list(criteria())
    at = next(i for i, g in enumerate(lines) if g.id == "anything_else")
    was = Overridden(by="Dominique", reason=REASON, verdict="missing", why=lines[at].why)
    said = Note("scoring.overridden.missing", {"by": was.by, "reason": was.reason})
    update: dict[str, object] = {"verdict": "done", "why": said, "notes": (lines[at].why,), "overridden": was}
    lines[at] = lines[at].model_copy(update=update)
    judged = Overridden(by="Dominique", reason=REASON, score=0.55, why=conduct[1].why)
    conduct[1] = conduct[1].model_copy(update={"score": 1.0, "notes": (conduct[1].why,), "overridden": judged})
    given = {"gestures": tuple(lines), "criteria": tuple(conduct), **RUBRIC_WITH_PEOPLE, **changes}
    return judgement(**given)


REASON = "La question est posée à 2:20, hors micro"
RUBRIC_WITH_PEOPLE: Mapping[str, object] = {
    "sections": (
        SectionTotal(
            id="opening",
            title={"fr": "Accueil", "en": "Opening"},
            lines=("greeting",),
            script=Subtotal(value=84.0, share=20.0, lines=3, assessed=3),
            intention=Subtotal(value=None, share=10.0, lines=2, assessed=0),
        ),
        SectionTotal(
            id="answer",
            title={"fr": "Réponse"},
            lines=("right_answer", "form_filled"),
            person=Subtotal(value=80.0, share=100.0, lines=2, assessed=1),
        ),
    ),
    "person_lines": (
        PersonLine(
            id="right_answer", title={"fr": "Bonne réponse"}, weight=2.0, score=0.8, by="Dominique", reason="Vérifié"
        ),
        PersonLine(id="form_filled", title={"en": "Form filled in"}, weight=1.0),
    ),
    "person": Subtotal(value=80.0, share=100.0, lines=2, assessed=1),
    "outcome_of_rubric": RubricOutcome(
        kind="fail", why=Note("scoring.outcome_of_rubric.fail", {"n": 1, "line": "closing"}), lines=("closing",)
    ),
}


def recording() -> Recording:
    """Two buzzing voices where the sample speaks: agent left, customer right."""
    spans = speech()
    channels = tuple(
        Channel(index=i, samples=_buzz(spans[party], hz), rate_hz=RATE_HZ)
        for i, (party, hz) in enumerate((("agent", AGENT_HZ), ("customer", CUSTOMER_HZ)))  # type: ignore[index]  # literals are parties
    )
    return Recording(channels, ())


def _buzz(spans: tuple[Span, ...], hz: float) -> np.ndarray:
    time_s = np.arange(int(DURATION_S * RATE_HZ)) / RATE_HZ
    voice = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in range(1, 9))
    on = np.zeros(len(time_s), dtype=bool)
    for span in spans:
        on[int(span.start_s * RATE_HZ) : int(span.end_s * RATE_HZ)] = True
    return (0.2 * voice * on).astype(np.float32)


def tracks() -> PageTracks:
    """A pitch that moves a few semitones around 190 Hz, NaN outside the agent's speech."""
    step_s = 0.016
    time_s = (np.arange(int(DURATION_S / step_s)) + 0.5) * step_s
    contour = 2.2 * np.sin(2 * np.pi * 0.9 * time_s) + 1.3 * np.sin(2 * np.pi * 2.3 * time_s)
    track = FrameTrack(AGENT_HZ * 2 ** (contour / 12), 0.0, step_s, "Hz")
    voiced = track.mask(speech()["agent"]) & (np.sin(2 * np.pi * 2.9 * time_s) > -0.55)
    return PageTracks(FrameTrack(np.where(voiced, track.values, np.nan), 0.0, step_s, "Hz"))


def without_words() -> tuple[Evidence, Judgement]:
    """The same sound with neither transcript nor recogniser."""
    reason = Note("sample.no_words")
    silent = tuple(t.model_copy(update={"text": "", "words": (), "confidence": None}) for t in turns())
    heard = evidence(words=WordsInfo(available=False, reason=reason), turns=silent, acts=())
    lines = tuple(
        g.model_copy(update={"verdict": "not_assessable", "why": reason, "occurrences": ()}) for g in gestures()
    )
    none = Score(value=None, assessed_share=0.2, why=reason)
    judged = judgement(
        gestures=lines,
        free_gestures=(),
        script=none,
        intention=none,
        quadrant=None,
        moments=moments()[:1],
        headline=Headline(expected=0, made=0, by_verdict={"not_assessable": 14}),
    )
    return heard, judged


def no_conversation() -> Evidence:
    """A voicemail."""
    reason = Note("sample.voicemail", {"at_s": 12.0})
    return evidence(
        outcome=Outcome(kind="no_conversation", reason=reason),
        words=WordsInfo(available=False),
        turns=(),
        acts=(),
        floor=(),
    )


HOSTILE_TEXT = (
    "</script></style></title><img src=x onerror=\"window.hacked=1\"><svg onload='window.hacked=2'> {{7*7}} {% raw %}"
    " \u2028\u2029 \u202egnirts\u202c <!-- <script>window.hacked=3</script> javascript:window.hacked=4 \x1b[31mred\x1b[0m"
    " http://evil.example/beacon [bold]rich[/bold] [link=http://evil.example]x[/link] ${window.hacked=5} \x07"
)


def hostile() -> tuple[Evidence, Judgement]:
    """Every free text replaced by an attack: names, quotes, ids, transcript, tools, note params."""
    bad = HOSTILE_TEXT
    said = tuple(t.model_copy(update={"text": bad}) for t in turns())
    name_note = Note("sample.text", {"who": bad})
    heard = evidence(
        call=CallInfo(
            name=bad, duration_s=DURATION_S, agent_name=f"javascript:alert(1) {bad}", external_id=bad, started_at=bad
        ),
        turns=said,
        words=WordsInfo(available=True, source=bad, language="fr", packs=(bad,)),
        files=(FileFacts(bad, bad, bad, RATE_HZ, 2, DURATION_S, 1),),
        notes=(name_note,),
        tools={bad: bad},
        timbre_version=bad,
        measures={"agent": (Measure(bad, 1.0, bad, bad, 1.0, bad),)},
        roles=Roles(agent=bad, customer=bad, decided_by="option", confidence=1.0),
        acts=tuple(Act(id=bad, party="agent", turn=i, span=Span(0, 1), quote=bad, rule=bad) for i in range(3)),
    )
    made = (
        Occurrence(
            turn=0,
            span=Span(0.8, 1.4),
            quote=bad,
            rule=bad,
            families=(Family(name="room", state="present", why=name_note, quote=bad),),
        ),
    )
    judged = judgement(
        rubric=bad,
        gestures=tuple(g.model_copy(update={"id": bad, "why": name_note, "occurrences": made}) for g in gestures()),
        free_gestures=made,
        criteria=tuple(
            c.model_copy(update={"id": bad, "idea": bad, "unit": bad, "why": name_note}) for c in criteria()
        ),
        moments=tuple(
            m.model_copy(
                update={
                    "id": bad,
                    "kind": bad,
                    "quote": bad,
                    "situation": bad,
                    "why": name_note,
                    "hint": name_note,
                }
            )
            for m in moments()
        ),
        **_hostile_rubric(bad),
        notes=(name_note,),
    )
    return heard, _decided_by(bad, judged)


def _hostile_rubric(bad: str) -> dict[str, object]:
    """Titles of sections and lines, and what a reviewer wrote."""
    outcome = Note("scoring.outcome_of_rubric.fail", {"n": 1, "line": bad})
    held = Subtotal(value=50.0, share=50.0, lines=2, assessed=1)
    return {
        "sections": (
            SectionTotal(id=bad, title={"fr": bad, "en": bad}, lines=(bad,), script=held, person=held),
            SectionTotal(id=bad, title={bad: bad}, lines=(bad,), intention=held),
            SectionTotal(id=bad, title={}, lines=(bad,)),
        ),
        "person_lines": (
            PersonLine(id=bad, title={"fr": bad, "en": bad}, weight=1.0, score=1.0, by=bad, reason=bad),
            PersonLine(id=bad, title={}, weight=1.0),
        ),
        "person": held,
        "outcome_of_rubric": RubricOutcome(kind="fail", why=outcome, lines=(bad,)),
        "rubric_hash": bad,
    }


def _decided_by(bad: str, judged: Judgement) -> Judgement:
    said = Note("scoring.overridden.missing", {"by": bad, "reason": bad})
    decided = Overridden(by=bad, reason=bad, verdict="missing", score=0.5, why=said)
    notes: dict[str, object] = {"overridden": decided, "notes": (said,)}
    return judged.model_copy(
        update={
            "gestures": tuple(g.model_copy(update=notes) for g in judged.gestures),
            "criteria": tuple(c.model_copy(update=notes) for c in judged.criteria),
        }
    )
