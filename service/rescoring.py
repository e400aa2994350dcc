"""A stored result scored again: from its evidence alone, never the sound.

The same rubric, packs and policy give the same bytes. New packs find the acts again in the stored turns; a stricter
policy does too, because acts may rest on the voice; edits are applied on the way and stand beside the evidence, which
stays as it was heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.editing import edited, finds_again, masked
from service.errors import ServiceError
from service.refinding import refound
from service.scoring.carried import Judged, carried, lean, surely_rounded
from service.scoring.diff import Difference, difference
from service.scoring.documents import Result, parse_result, rounded_as_json
from service.scoring.edits import Edits
from service.scoring.evidence import Evidence, Policy
from service.scoring.judgement import Judgement
from service.scoring.rounding import rounded
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from service.scoring.scorecard import judge_rounded
from service.scoring.views import Audience, policy_for, require_policy, shown_to, voice_withheld
from service.words.rules import Pack, packs_of


@dataclass(frozen=True)
class Asked:
    """What to change; None keeps what the result has.

    `packs`: of one's own, beside the built-in pack of the call's language; empty: the built-in one as it is today.
    """

    rubric: Rubric | None = None
    packs: Sequence[Pack] | None = None
    policy: Policy | None = None
    edits: Edits | None = None
    audience: Audience = "others"


@dataclass(frozen=True, eq=False)
class Rescored:
    """`result`: what is stored. `edited`: the evidence as the edits leave it, which is what was judged."""

    before: Judgement | None
    result: Result
    edited: Evidence

    @property
    def difference(self) -> Difference:
        """From the stored judgement to this one."""
        return difference(self.before, self.result.judgement)

    @property
    def content(self) -> bytes:
        """The new result's file."""
        return rounded_as_json(self.result)


@dataclass(frozen=True)
class Written:
    """A new result's file, and what of the old judgement a reader may want to know."""

    content: bytes
    rubric: str = ""
    rubric_hash: str = ""


def rescored_content(content: bytes, asked: Asked) -> Written:
    """The new file of a stored one: `rescored` without anything to show. Raises as it does, and ResultError.

    Where only the rubric is new the evidence is carried over byte for byte, and not even read where nobody scores it.
    """
    cut = carried(content) if asked.packs is None and asked.edits is None else None
    if cut is not None:
        rubric = rubric_for(cut.judged.rubric, asked.rubric)
        policy = policy_of(cut.evidence, cut.judged, asked, rubric)
        if policy == cut.evidence.policy and not voice_withheld(asked.audience, policy):
            judgement = judge_rounded(cut.evidence, rubric, policy=policy)
            return Written(cut.with_judgement(judgement), cut.judged.rubric, cut.judged.rubric_hash)
    stored = parse_result(content)
    done = _rescored(stored if surely_rounded(content) else rounded(stored), asked)
    before = done.before
    return Written(done.content, before.rubric, before.rubric_hash) if before else Written(done.content)


def judged_again(heard: bytes, judgement: bytes, asked: Asked) -> tuple[Evidence, Judgement] | None:
    """The quick way for a stored result without edits, when only the rubric is new; None where it can't be gone.

    The evidence holds what scoring reads and nothing else. Raises as `rescored` does.
    """
    found = lean(heard, judgement) if asked.packs is None and asked.edits is None else None
    if found is None:
        return None
    evidence, judged = found
    rubric = rubric_for(judged.rubric, asked.rubric)
    policy = policy_of(evidence, judged, asked, rubric)
    if policy != evidence.policy or voice_withheld(asked.audience, policy):
        return None
    return evidence, judge_rounded(evidence, rubric, policy=policy)


def rescored(stored: Result, asked: Asked) -> Rescored:
    """The result under what was asked.

    Raises ResultError (a policy laxer than the call was heard under), EditsError, PackError, and ServiceError when the
    result's own rubric or packs are needed and are not here.
    """
    return _rescored(rounded(stored), asked)


def _rescored(stored: Result, asked: Asked) -> Rescored:
    """Of a result whose floats are rounded."""
    edits = stored.edits if asked.edits is None else masked(asked.edits, stored.evidence)
    edits = None if edits is None or edits.empty else rounded(edits)
    if stored.judgement is None:
        return Rescored(None, stored.model_copy(update={"edits": edits}), stored.evidence)
    evidence, rubric = stored.evidence, rubric_for(stored.judgement.rubric, asked.rubric)
    policy = policy_of(stored.evidence, stored.judgement, asked, rubric)
    own, voice = asked.packs or (), policy == "combined"
    stricter = policy != evidence.policy
    if asked.packs is None and (stricter or (edits is not None and finds_again(edits))):
        _same_packs(evidence)
    if asked.packs is not None or stricter:
        evidence = refound(evidence.model_copy(update={"policy": policy}), own, voice=voice)
    read = evidence if edits is None else edited(evidence, edits, own, voice=voice)
    decisions = [d.override for d in edits.overrides] if edits else []
    judgement = judge_rounded(read, rubric, policy=policy, overrides=decisions)
    result = Result(evidence=evidence, edits=edits, judgement=judgement)
    return _shown(Rescored(stored.judgement, result, read), asked.audience)


def _shown(whole: Rescored, audience: Audience) -> Rescored:
    """As `audience` may have it."""
    judgement = whole.result.judgement
    evidence, kept = shown_to(audience, whole.result.evidence, judgement)
    read, _ = shown_to(audience, whole.edited, judgement)
    return Rescored(whole.before, whole.result.model_copy(update={"evidence": evidence, "judgement": kept}), read)


def rubric_for(name: str, asked: Rubric | None) -> Rubric:
    """The rubric asked for, else the shipped one that a judgement names, when it is still the same version."""
    if asked is not None:
        return asked
    identifier = name.rpartition(" ")[0]
    shipped = load_rubric(identifier) if identifier in shipped_rubrics() else None
    if shipped is None or shipped.name != name:
        raise ServiceError("rescore.rubric_needed", rubric=name[:80])
    return shipped


def policy_of(evidence: Evidence, judged: Judgement | Judged, asked: Asked, rubric: Rubric) -> Policy:
    """The policy asked for; without one the result's own, or the new rubric's where that is stricter."""
    if asked.policy is not None:
        require_policy(evidence, asked.policy)
        return asked.policy
    same = asked.rubric is None or judged.rubric == rubric.name
    return policy_for(evidence, judged.policy if same else rubric.policy)


def _same_packs(evidence: Evidence) -> None:
    """Acts are found again only with the packs they were found with, unless somebody says with which."""
    words = evidence.words
    if not words.available or words.language is None:
        return
    here = tuple(pack.name for pack in packs_of(words.language))
    if words.packs != here:
        raise ServiceError("rescore.packs_needed", packs=", ".join(words.packs)[:200], here=", ".join(here))
