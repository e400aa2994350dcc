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
from service.scoring.diff import Difference, difference
from service.scoring.documents import Result, as_json
from service.scoring.edits import Edits
from service.scoring.evidence import Evidence, Policy
from service.scoring.judgement import Judgement
from service.scoring.rounding import rounded
from service.scoring.rubric import Rubric
from service.scoring.rubric_file import load_rubric, shipped_rubrics
from service.scoring.scorecard import judge
from service.scoring.views import Audience, policy_for, require_policy, shown_to
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
        return as_json(self.result)


def rescored(stored: Result, asked: Asked) -> Rescored:
    """The result under what was asked.

    Raises ResultError (a policy laxer than the call was heard under), EditsError, PackError, and ServiceError when the
    result's own rubric or packs are needed and are not here.
    """
    edits = stored.edits if asked.edits is None else masked(asked.edits, stored.evidence)
    edits = None if edits is None or edits.empty else edits
    if stored.judgement is None:
        return Rescored(None, stored.model_copy(update={"edits": edits}), stored.evidence)
    evidence, rubric = rounded(stored.evidence), rubric_for(stored.judgement, asked.rubric)
    policy = policy_of(stored, asked, rubric)
    own, voice = asked.packs or (), policy == "combined"
    stricter = policy != evidence.policy
    if asked.packs is None and (stricter or (edits is not None and finds_again(edits))):
        _same_packs(evidence)
    if asked.packs is not None or stricter:
        evidence = refound(evidence.model_copy(update={"policy": policy}), own, voice=voice)
    read = evidence if edits is None else edited(evidence, edits, own, voice=voice)
    decisions = [d.override for d in edits.overrides] if edits else []
    judgement = judge(read, rubric, policy=policy, overrides=decisions)
    result = Result(evidence=evidence, edits=edits, judgement=judgement)
    return _shown(Rescored(stored.judgement, result, read), asked.audience)


def _shown(whole: Rescored, audience: Audience) -> Rescored:
    """As `audience` may have it."""
    judgement = whole.result.judgement
    evidence, kept = shown_to(audience, whole.result.evidence, judgement)
    read, _ = shown_to(audience, whole.edited, judgement)
    return Rescored(whole.before, whole.result.model_copy(update={"evidence": evidence, "judgement": kept}), read)


def rubric_for(judged: Judgement, asked: Rubric | None) -> Rubric:
    """The rubric asked for, else the shipped one that a judgement names, when it is still the same version."""
    if asked is not None:
        return asked
    name = judged.rubric.rpartition(" ")[0]
    shipped = load_rubric(name) if name in shipped_rubrics() else None
    if shipped is None or shipped.name != judged.rubric:
        raise ServiceError("rescore.rubric_needed", rubric=judged.rubric[:80])
    return shipped


def policy_of(stored: Result, asked: Asked, rubric: Rubric) -> Policy:
    """The policy asked for; without one the result's own, or the new rubric's where that is stricter."""
    if asked.policy is not None:
        require_policy(stored.evidence, asked.policy)
        return asked.policy
    if stored.judgement is not None and (asked.rubric is None or stored.judgement.rubric == rubric.name):
        return policy_for(stored.evidence, stored.judgement.policy)
    return policy_for(stored.evidence, rubric.policy)


def _same_packs(evidence: Evidence) -> None:
    """Acts are found again only with the packs they were found with, unless somebody says with which."""
    words = evidence.words
    if not words.available or words.language is None:
        return
    here = tuple(pack.name for pack in packs_of(words.language))
    if words.packs != here:
        raise ServiceError("rescore.packs_needed", packs=", ".join(words.packs)[:200], here=", ".join(here))
