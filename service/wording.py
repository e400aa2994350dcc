"""From speech to words on the right labels: imported transcript, recogniser, or the reason why there is neither."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from audio.notes import Note
from audio.timeline import Span, Word, intersect, merge, total_s
from models.protocols import Recognised, Transcriber
from service.hearing import Heard
from service.scoring.evidence import Language, WordsInfo
from service.words.attach import attach
from service.words.language import guess_language
from service.words.redaction import Masked, mask_words
from service.words.transcript import Line, Transcript

Progress = Callable[[float], None]
Hotwords = Mapping[Language, tuple[str, ...]]
LANGUAGES: tuple[Language, ...] = ("fr", "en")
WORD_REACH_S = 0.3
"""Half-width around a word's middle that counts as covered when asking how much of the speech has words."""


@dataclass(frozen=True)
class Worded:
    """Words by label, what they are called, what was said on the way, and what of it is masked before it is stored."""

    words: dict[str, tuple[Word, ...]]
    info: WordsInfo
    transcript_agent: str | None = None
    notes: tuple[Note, ...] = ()
    masked: Mapping[str, Masked] = field(default_factory=dict)

    def stored(self) -> dict[str, tuple[Word, ...]]:
        """The words by label as they may be written down; `words` are as they were said, for measuring only."""
        return {label: self.masked[label].words if label in self.masked else said for label, said in self.words.items()}


def known_language(language: str | None) -> Language | None:
    """The language as we name it (`fr-CA` is `fr`); None for others."""
    short = (language or "").lower().replace("_", "-").split("-")[0]
    return next((known for known in LANGUAGES if known == short), None)


def _covered(words: Sequence[Word], speech: Sequence[Span]) -> float | None:
    """Share of the speech that lies near a word, 0 to 1."""
    if not speech:
        return None
    near = merge(
        Span(min(w.span.start_s, mid - WORD_REACH_S), max(w.span.end_s, mid + WORD_REACH_S))
        for w in words
        for mid in [(w.span.start_s + w.span.end_s) / 2]
    )
    spoken = merge(speech)
    return total_s(intersect(near, spoken)) / total_s(spoken)


def _decide_language(
    words: dict[str, tuple[Word, ...]], *, asked: str | None, said: str | None, said_by: str
) -> tuple[Language | None, str]:
    if asked is not None:
        return known_language(asked), "option"
    if known_language(said) is not None:
        return known_language(said), said_by
    guessed, _ = guess_language([w.text for spoken in words.values() for w in spoken])
    return guessed, "words" if guessed else "none"


def _info(
    words: dict[str, tuple[Word, ...]], heard: Heard, *, source: str, language: Language | None, decided_by: str
) -> WordsInfo:
    everything = [w for spoken in words.values() for w in spoken]
    confidences = [w.confidence for w in everything if w.confidence is not None]
    reason = None
    if not everything:
        reason = Note("cli.no_words")
    elif language is None:
        reason = Note("cli.language_unknown", {"known": ", ".join(LANGUAGES)})
    return WordsInfo.model_validate(
        {
            "available": reason is None,
            "source": source,
            "language": language,
            "language_decided_by": decided_by,
            "word_times": bool(everything) and not all(w.time_is_estimated for w in everything),
            "median_confidence": median(confidences) if confidences else None,
            "speech_covered": _covered(everything, [s for v in heard.voices for s in v.speech]),
            "reason": reason,
        }
    )


def from_transcript(transcript: Transcript, heard: Heard, *, duration_s: float, language: str | None) -> Worded:
    """An imported transcript, put on the labels that were heard."""
    attached = attach(transcript, heard.speech, duration_s=duration_s)
    decided, by = _decide_language(attached.words, asked=language, said=transcript.language, said_by="transcript")
    info = _info(attached.words, heard, source=f"imported {transcript.source}", language=decided, decided_by=by)
    return Worded(attached.words, info, attached.agent, (*transcript.notes, *attached.notes))


def _as_transcript(recognised: Recognised) -> Transcript:
    lines = tuple(Line(text=w.text, span=w.span, words=(w,)) for w in recognised.words)
    return Transcript(lines, source=recognised.source, language=recognised.language)


def from_recogniser(
    transcriber: Transcriber,
    heard: Heard,
    *,
    duration_s: float,
    language: str | None,
    hotwords: Hotwords | None = None,
    on_progress: Progress,
) -> Worded:
    """Words from the sound: each channel apart; on mono one pass, then each word to the speaker it falls on."""
    if heard.mono:
        return _recognise_mono(
            transcriber, heard, duration_s=duration_s, language=language, hotwords=hotwords, on_progress=on_progress
        )
    words: dict[str, tuple[Word, ...]] = {}
    notes: list[Note] = []
    heard_language, source = language, transcriber.name
    for done, voice in enumerate(heard.voices):
        recognised = transcriber.transcribe(
            voice.channel,
            voice.padded,
            language=heard_language,
            hotwords=_by_code(hotwords),
            on_progress=_part(on_progress, done, len(heard.voices)),
        )
        words[voice.label], source = recognised.words, recognised.source
        notes += recognised.notes
        heard_language = heard_language or (recognised.language if recognised.words else None)
    decided, by = _decide_language(words, asked=language, said=heard_language, said_by="audio")
    return Worded(words, _info(words, heard, source=source, language=decided, decided_by=by), None, tuple(notes))


def _by_code(hotwords: Hotwords | None) -> dict[str, Sequence[str]]:
    """As recognisers take them, who know more languages than packs do."""
    return {str(language): words for language, words in (hotwords or {}).items()}


def _part(on_progress: Progress, done: int, parts: int) -> Progress:
    """Progress of one part of several."""
    return lambda share: on_progress((done + share) / parts)


def _recognise_mono(
    transcriber: Transcriber,
    heard: Heard,
    *,
    duration_s: float,
    language: str | None,
    hotwords: Hotwords | None,
    on_progress: Progress,
) -> Worded:
    speech = merge(span for voice in heard.voices for span in voice.padded)
    channel = heard.voices[0].channel
    recognised = transcriber.transcribe(
        channel, speech, language=language, hotwords=_by_code(hotwords), on_progress=on_progress
    )
    attached = attach(_as_transcript(recognised), heard.speech, duration_s=duration_s)
    decided, by = _decide_language(attached.words, asked=language, said=recognised.language, said_by="audio")
    info = _info(attached.words, heard, source=recognised.source, language=decided, decided_by=by)
    return Worded(attached.words, info, None, (*recognised.notes, *attached.notes))


def without_words(reason: Note) -> Worded:
    """Neither transcript nor recogniser: the word half says why it is not assessable."""
    return Worded({}, WordsInfo(available=False, reason=reason))


def redacted(worded: Worded) -> Worded:
    """With private passages masked in what is stored, and a note that says how many."""
    masked = {label: mask_words(words, worded.info.language) for label, words in worded.words.items()}
    count = sum(len(m.redactions) for m in masked.values())
    notes = (*worded.notes, Note("cli.redacted", {"count": count})) if count else worded.notes
    return replace(worded, masked=masked, notes=notes)
