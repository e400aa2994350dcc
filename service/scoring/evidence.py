"""The evidence document: what was heard, never what it is worth. Immutable once written.

A result is two documents. Evidence (here) holds recordings, layout, turns, words, floor events, measures and
the raw matches of acts; the judgement (`judgement.py`) is computed from it alone and can be recomputed at will.
Times are seconds from the start of the call. Floats are rounded once, on write (`service.scoring.documents`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from audio.floor import FloorEvent
from audio.notes import Measure, Note
from audio.phrase import PhraseDelivery
from audio.pitch import Contour
from audio.recording import FileFacts
from audio.signature import Signature
from audio.timeline import Party, Span, Word
from service.words.masks import Kind

EVIDENCE_SCHEMA = "timbre.evidence/1"

Language = Literal["fr", "en"]
Policy = Literal["combined", "words_and_turns", "no_voice"]
"""What the voice may weigh, laxest first."""
LayoutKind = Literal["two_parties", "dual_mono", "one_dead_channel", "mono", "many_channels", "silent"]


class Document(BaseModel):
    """Frozen, and strict about unknown keys: a typo in a stored document is an error, not a loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(Document):
    """Comes first: no conversation, no scorecard."""

    kind: Literal["conversation", "no_conversation"]
    reason: Note | None = Field(default=None, description="why there is no conversation (voicemail, too short ...)")


class Layout(Document):
    """What the channels turned out to be."""

    kind: LayoutKind
    n_channels: int
    recorder_paused: tuple[Span, ...] = Field(default=(), description="digital silence on every channel")
    starts_in_speech: bool = False


class Roles(Document):
    """Who is the agent, how that was decided, and how sure it is (0 to 1)."""

    agent: str = Field(description="channel_0, channel_1, speaker_0 ...")
    customer: str | None
    decided_by: Literal["option", "metadata", "transcript", "words", "assumed", "person"]
    confidence: float


class TurnVoice(Document):
    """The voice over one turn, in physical terms; None where it could not be measured.

    Of the agent all of it; of the customer only how much is voiced, how the pitch ends, and how far pitch and loudness
    lie above the customer's other turns in the call (`audio.raised`).
    """

    voiced_s: float
    pitch_spread_st: float | None = None
    loudness_spread_db: float | None = None
    articulation_rate_per_s: float | None = None
    endings: tuple[Contour | None, ...] = Field(
        default=(), description="how the pitch moves at the end of each of the turn's IPUs, in their order"
    )
    pitch_z: float | None = Field(default=None, description="customer: robust z among their own turns")
    loudness_z: float | None = Field(default=None, description="customer: robust z among their own turns")


class SpokenTurn(Document):
    """A turn with its words. `confidence`: median word confidence, None when the source gives none."""

    index: int
    party: Party
    span: Span
    ipus: tuple[Span, ...] = ()
    text: str = ""
    words: tuple[Word, ...] = ()
    confidence: float | None = None
    voice: TurnVoice | None = None


class Act(Document):
    """A raw match of a rule: something said. `span` is where its words lie in the call."""

    id: str = Field(description="act of the list in docs/gestures.md, e.g. courtesy_question")
    party: Party
    turn: int
    span: Span
    quote: str
    rule: str = Field(description="pack and rule that matched, e.g. fr/courtesy_question/comment_allez_vous")
    score: float = Field(default=1.0, description="1 for an exact match, lower for a fuzzy one")
    by_echo: bool = Field(
        default=False, description="found by the other party's own words alone: evidence, never the form of a gesture"
    )
    by_voice: bool = Field(
        default=False, description="its rule compares the voice: shown, and never the form of a gesture"
    )
    absent: bool = Field(
        default=False,
        description="nothing was said: `span` is the window in which what the rule names does not occur, `quote` what "
        "comes right after or before it",
    )


class Redaction(Document):
    """A passage whose words were masked before they were stored. `span` covers them; `estimated`: by the line only."""

    kind: Kind
    party: Party
    span: Span
    estimated: bool = False


class ComponentFound(Document):
    """One of the five metallic components, with the limit it was read against.

    `limit`: the value under which it is low. `windows_low` of `windows_read`: windows of a minute in which it was.
    """

    name: str = Field(description="pitch_spread, loudness_spread, rate_cv, final_contour_entropy, syllable_npvi")
    value: float | None = Field(description="median over the windows; null where none could measure it")
    unit: str
    limit: float | None = None
    against: Literal["floor", "earlier calls"] | None = Field(default=None, description="where the limit comes from")
    z: float | None = Field(default=None, description="robust z of the value against the earlier calls")
    low: bool | None = Field(default=None, description="null when not assessable; the reason says why")
    windows_low: int = 0
    windows_read: int = 0
    reason: Note | None = None


class MetallicClip(Document):
    """20 s to listen to, and the five components of the minute of speech they lie in."""

    span: Span
    components: tuple[ComponentFound, ...]


class Comparison(Document):
    """What had to be the same for an earlier call to count; empty where it was not known, and then none did."""

    language: str
    channel_class: str = Field(description="two channels or diarized mono, narrow or wide")
    syllables: Literal["words", "nuclei"]
    baseline: str = Field(default="", description="version of the baseline: rule and material; empty without one")
    calls: int = Field(default=0, description="earlier calls that count; ten make a baseline")
    used: tuple[str, ...] = Field(default=(), description="ids of these calls in the archive, oldest first")


class MetallicFound(Document):
    """Stretches in which at least three of five physical components of a voice are low at once, and the five.

    `assessable_s` and `longest_s` are seconds of this party's own speech; `spans` lie in the call.
    """

    share_percent: float | None = Field(description="metallic part of the assessable speech; null with a reason")
    reason: Note | None = None
    components: tuple[ComponentFound, ...] = Field(description="always five")
    assessable_s: float = 0.0
    spans: tuple[Span, ...] = Field(default=(), description="sorted, disjoint")
    longest_s: float = 0.0
    flagged: bool | None = Field(default=None, description="two minutes or more in one run")
    worst: MetallicClip | None = None
    windows: tuple[dict[str, float | None], ...] = Field(
        default=(), description="components of minutes that share no speech: what later calls are read against"
    )
    compared: Comparison


class GestureDelivery(Document):
    """How the agent said one act that can be a gesture: its seconds against the agent's other speech in the call."""

    act: int = Field(description="position in `acts`")
    delivery: PhraseDelivery
    signature: Signature | None = Field(
        default=None, description="pitch and timing per syllable, kept to compare the phrase across calls"
    )


class Repeat(Document):
    """One gesture beside the same agent's earlier calls: context, in no verdict and no score.

    `same_words` counts wording alone. What follows compares how it was said (`audio.repetition`): this saying against
    one of each earlier call with the same words, and against other people's readings of them.
    """

    act: str
    turn: int
    span: Span
    calls: int = Field(description="the agent's latest earlier calls with words that were looked at, twelve at most")
    same_words: int = Field(description="in how many of them the same words were said")
    compared: int | None = Field(default=None, description="sayings in them that could be laid over this one")
    alike: int | None = Field(default=None, description="how many of these go nearly as this one does")
    apart_st: float | None = Field(default=None, description="median distance of the melodies")
    apart_gaps: float | None = Field(default=None, description="median distance of the timing, as a share: 0.1 is 10 %")
    others: int | None = Field(default=None, description="readings of these words by other people that were compared")
    others_st: float | None = None
    others_gaps: float | None = None
    others_differ_more: bool | None = Field(default=None, description="null where others' readings are too few")

    def without_voice(self) -> Repeat:
        """The wording alone."""
        return Repeat(act=self.act, turn=self.turn, span=self.span, calls=self.calls, same_words=self.same_words)


class AcrossCalls(Document):
    """The call beside the same agent's earlier calls in the archive, which `used` names, newest first."""

    used: tuple[str, ...] = ()
    scripted_share: Measure
    repeats: tuple[Repeat, ...] = ()


class WordsInfo(Document):
    """Where the words came from. `available` False: the word half is not assessable, and `reason` says why."""

    available: bool
    source: str = Field(default="", description="imported and its format, or model and revision")
    language: Language | None = None
    language_decided_by: Literal["option", "transcript", "words", "audio", "none"] = "none"
    word_times: bool = False
    median_confidence: float | None = None
    speech_covered: float | None = Field(default=None, description="share of the speech that has words, 0 to 1")
    packs: tuple[str, ...] = ()
    reason: Note | None = None


class CallInfo(Document):
    """What is known about the call besides its sound. Names may be hostile: escape wherever they are shown."""

    name: str
    duration_s: float
    agent_name: str = ""
    external_id: str = ""
    started_at: str = ""
    direction: Literal["inbound", "outbound"] = "inbound"


class Evidence(Document):
    """Everything heard in one call."""

    schema_version: str = EVIDENCE_SCHEMA
    timbre_version: str
    call: CallInfo
    files: tuple[FileFacts, ...]
    layout: Layout
    outcome: Outcome
    source: Literal["two channels", "diarized mono"]
    policy: Policy = Field(
        default="combined", description="what the voice was allowed to weigh when the call was heard; never laxer later"
    )
    roles: Roles | None
    words: WordsInfo
    speech: dict[Party, tuple[Span, ...]] = Field(description="tight speech regions per party, sorted, disjoint")
    turns: tuple[SpokenTurn, ...]
    floor: tuple[FloorEvent, ...]
    measures: dict[Party, tuple[Measure, ...]]
    call_measures: tuple[Measure, ...] = Field(default=(), description="of the call as a whole: dead air ...")
    metallic: dict[Party, MetallicFound] = Field(
        default_factory=dict, description="of each party whose voice was measured"
    )
    acts: tuple[Act, ...]
    deliveries: tuple[GestureDelivery, ...] = Field(default=(), description="of the agent's acts, where measured")
    across: AcrossCalls | None = Field(
        default=None, description="what the agent's earlier calls in the archive say; none outside of one"
    )
    redactions: tuple[Redaction, ...] = Field(default=(), description="private passages masked in the text")
    redaction: Literal["text", "text_and_sound", "none"] = Field(
        default="none", description="what was asked to be masked"
    )
    notes: tuple[Note, ...] = Field(default=(), description="warnings: every loss or guess on the way")
    tools: dict[str, str] = Field(default_factory=dict, description="which part did what: name and revision")
