"""Edits applied: a call's evidence as it reads once people have put it right.

Order: roles, then lines, then the acts are found again where either was given; then what was taken for an act and is
none, then what was said and not found. The stored evidence stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audio.timeline import Party, Span
from service.refinding import refound, rested
from service.scoring.edits import CorrectedLine, Edits, NotThat, Place, SaidHere
from service.scoring.errors import EditsError
from service.scoring.evidence import Act, Evidence, Redaction, SpokenTurn
from service.scoring.rounding import rounded
from service.swapping import swapped
from service.words.attach import spread
from service.words.intervals import SpeechIndex
from service.words.masks import KIND_OF
from service.words.redaction import mask_text, mask_words
from service.words.rules import Pack
from service.words.rules.vocabulary import ACTS, party_of

QUOTED = 200
"""Characters of a turn that stand for words nobody pointed at."""
END_SLACK_S = 0.5
"""A stretch may end this much after the sound: players and people round."""

_OF_ASSUMED_ROLES = ("cli.roles_assumed.", "cli.earlier_assumed")


def finds_again(edits: Edits) -> bool:
    """Whether these edits change what the rules read, so that packs are needed."""
    return edits.swapped_roles is not None or bool(edits.lines)


def edited(evidence: Evidence, edits: Edits, own: Sequence[Pack], *, voice: bool) -> Evidence:
    """The evidence with the edits applied. `own`, `voice`: as `service.refinding.refound` takes them.

    Raises EditsError: a turn, an act or a stretch that the call does not have.
    """
    changed = evidence
    if edits.swapped_roles is not None:
        changed = swapped(changed)
        changed = changed.model_copy(
            update={
                "roles": changed.roles and changed.roles.model_copy(update={"decided_by": "person", "confidence": 1.0}),
                "notes": tuple(n for n in changed.notes if not n.code.startswith(_OF_ASSUMED_ROLES)),
            }
        )
    if edits.lines or edits.said_here or edits.not_that:
        _words_needed(changed)
    if edits.lines:
        changed = _corrected(changed, edits.lines)
    if finds_again(edits):
        changed = refound(rounded(changed), own, voice=voice)
    if not edits.not_that and not edits.said_here:
        return changed
    return rested(rounded(changed), _acts(evidence, changed, edits))


def masked(edits: Edits, evidence: Evidence) -> Edits:
    """The edits as they may be stored: private passages of their lines masked, where those of the call are."""
    if evidence.redaction == "none":
        return edits
    language = evidence.words.language
    lines = tuple(x.model_copy(update={"text": mask_text(x.text, language)}) for x in edits.lines)
    return edits.model_copy(update={"lines": lines})


def _words_needed(evidence: Evidence) -> None:
    if not evidence.words.available:
        raise EditsError("scoring.edits_no_words")


def _by_index(evidence: Evidence) -> Mapping[int, SpokenTurn]:
    return {turn.index: turn for turn in evidence.turns}


def _turn(index: int, evidence: Evidence) -> SpokenTurn:
    turns = _by_index(evidence)
    if index not in turns:
        raise EditsError("scoring.edits_no_turn", turn=index, last=max(turns, default=0))
    return turns[index]


def _corrected(evidence: Evidence, lines: Sequence[CorrectedLine]) -> Evidence:
    """The evidence with new words in some turns, and the private passages of those masked as the others are."""
    turns, found = dict(_by_index(evidence)), list(evidence.redactions)
    for line in lines:
        turn = _turn(line.turn, evidence)
        found = [r for r in found if r.party != turn.party or not turn.span.contains(r.span.start_s)]
        turns[turn.index], private = _with_text(turn, line.text, evidence)
        found += private
    ordered = tuple(sorted(found, key=lambda r: (r.span, r.party)))
    return evidence.model_copy(update={"turns": tuple(turns[t.index] for t in evidence.turns), "redactions": ordered})


def _with_text(turn: SpokenTurn, text: str, evidence: Evidence) -> tuple[SpokenTurn, list[Redaction]]:
    words = tuple(spread(text, turn.span, SpeechIndex(turn.ipus)))
    words = words if evidence.redaction == "none" else mask_words(words, evidence.words.language).words
    private = [
        Redaction(kind=KIND_OF[w.text], party=turn.party, span=w.span, estimated=True)
        for w in words
        if w.text in KIND_OF  # stored edits come here with their masks in place
    ]
    said = " ".join(w.text for w in words)
    return turn.model_copy(update={"text": said, "words": words, "confidence": None}), private


def _acts(before: Evidence, evidence: Evidence, edits: Edits) -> list[Act]:
    """The acts without those that are none, with those that were said, in the order in which they are found."""
    acts = list(evidence.acts)
    for edit in edits.not_that:
        _check(edit, evidence)
        if not any(_meant(edit, act) for act in (*acts, *before.acts)):
            raise EditsError("scoring.edits_not_found", act=edit.act, place=_place(edit))
        acts = [act for act in acts if not _meant(edit, act)]
    for more in edits.said_here:
        act = _said(more, evidence)
        if not any(_same(act, other) for other in acts):
            acts.append(act)
    return sorted(acts, key=lambda a: (a.turn, a.span.start_s, a.span.end_s, a.id, a.rule))


def _check(edit: Place, evidence: Evidence) -> None:
    if edit.act not in ACTS:
        raise EditsError("scoring.edits_unknown_act", act=edit.act)
    if edit.turn is not None:
        _turn(edit.turn, evidence)
    limit_s = evidence.call.duration_s
    if edit.span is not None and (edit.span.start_s < 0 or edit.span.end_s > limit_s + END_SLACK_S):
        times = {"start_s": edit.span.start_s, "end_s": edit.span.end_s, "limit_s": limit_s}
        raise EditsError("scoring.edits_outside", **times)


def _place(edit: Place) -> str:
    """`#12`, or `61.0-63.5 s`: numbers only, the same in every language."""
    if edit.turn is not None or edit.span is None:
        return f"#{edit.turn}"
    return f"{edit.span.start_s:.1f}-{edit.span.end_s:.1f} s"


def _meant(edit: NotThat, act: Act) -> bool:
    here = edit.turn is None or edit.turn == act.turn
    return act.id == edit.act and here and (edit.span is None or _touch(edit.span, act.span))


def _touch(a: Span, b: Span) -> bool:
    return a.start_s <= b.end_s and b.start_s <= a.end_s


def _same(act: Act, other: Act) -> bool:
    """Found already: not counted twice. What an echo or the voice alone found is no form, and a person's word is."""
    form = not (other.by_echo or other.by_voice or other.absent)
    return form and act.id == other.id and act.turn == other.turn and _touch(act.span, other.span)


def _said(edit: SaidHere, evidence: Evidence) -> Act:
    """The act a person heard, as a rule would have given it."""
    _check(edit, evidence)
    party = party_of(edit.act)
    turn = _turn_there(edit, party, evidence) if edit.turn is None else _turn(edit.turn, evidence)
    if turn.party != party:
        raise EditsError("scoring.edits_other_party", act=edit.act, turn=turn.index)
    span = turn.span if edit.span is None else edit.span.overlap(turn.span)
    if span is None:
        raise EditsError("scoring.edits_span_not_in_turn", act=edit.act, turn=turn.index)
    inside = [w for w in turn.words if span.contains((w.span.start_s + w.span.end_s) / 2)]
    quote = " ".join(text for w in inside if (text := w.text.strip())) or turn.text
    rule = f"person/{edit.act}/said_here"
    return Act(id=edit.act, party=party, turn=turn.index, span=span, quote=quote[:QUOTED], rule=rule)


def _turn_there(edit: SaidHere, party: Party, evidence: Evidence) -> SpokenTurn:
    """The party's turn that holds most of a stretch."""
    span = edit.span or Span(0.0, 0.0)
    own = [(shared.duration_s, t) for t in evidence.turns if t.party == party and (shared := t.span.overlap(span))]
    if not own:
        raise EditsError("scoring.edits_no_turn_there", act=edit.act, place=_place(edit))
    return max(own, key=lambda pair: (pair[0], -pair[1].index))[1]
