"""What a call leaves for later calls, and what later calls are told: only earlier calls, only of the same agent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from audio.phrase import PhraseDelivery, Reference
from audio.signature import Signature
from audio.timeline import Span, Word
from service.archive.across import DAY_S, forget_voice, keep_across, signature_of
from service.archive.earlier import LAST_CALLS, MOST_CALLS, across_calls, earlier_of
from service.archive.removal import remove_call
from service.archive.results import keep_evidence
from service.archive.tables import Base, Person
from service.archive.tables_across import Digest, PhraseRow, SignatureRow, VoiceWindows, Wording
from service.archive.tables_calls import Call
from service.scoring.evidence import Act, GestureDelivery, Redaction, SpokenTurn, WordsInfo
from service.scoring.views import evidence_without_voice
from service.words.repetition import phrase_key
from tests.service.archive.fixtures import add
from tests.service.archive.test_worker import shipped_call, work_all
from tests.service.earlier_results import result

TABLES = (Digest, VoiceWindows, Wording, PhraseRow, SignatureRow)
SAID = "comment est-ce que je peux vous aider aujourd'hui"
SPAN = Span(1.0, 3.0)
CONTOUR = 3 * np.sin(np.arange(12) / 2)
DAY = 20_000


def signed(seed: int, *, noise_st: float = 0.1, noise_gaps: float = 0.02) -> Signature:
    rng = np.random.default_rng(seed)
    st = CONTOUR + rng.normal(0, noise_st, 12)
    gaps = np.log(0.2) + np.tile([0.2, -0.2, 0.1], 4)[:11] + rng.normal(0, noise_gaps, 11)
    return Signature(
        phrase_key(SAID, "fr"),
        tuple(np.round(st - np.median(st), 1).tolist()),
        tuple(np.round(gaps, 2).tolist()),
        tuple(np.round(rng.normal(0, 2, 12), 1).tolist()),
    )


def heard(number=1, signature=None, *, text=SAID, voice=True, **changes):
    """An earlier call's evidence with one offer of help."""
    words = tuple(Word(w, Span(1 + i * 0.2, 1.2 + i * 0.2)) for i, w in enumerate(text.split()))
    turn = SpokenTurn(index=0, party="agent", span=SPAN, ipus=(SPAN,), text=text, words=words)
    act = Act(id="offer_help", party="agent", turn=0, span=SPAN, quote=text, rule="fr/offer_help/1")
    delivery = PhraseDelivery(SPAN, 2.0, 1.0, None, None, None, (), Reference(30.0))
    return result(number, metallic=voice).model_copy(
        update={
            "words": WordsInfo(available=True, source="imported WebVTT", language="fr", packs=("fr/1",)),
            "turns": (turn,),
            "acts": (act,),
            "deliveries": (GestureDelivery(act=0, delivery=delivery, signature=signature or signed(number)),)
            if voice
            else (),
            **changes,
        }
    )


def kept(archive, blobs, cast, evidence, day, **changes):
    call, _ = add(archive, blobs, cast, f"{day} {changes}".encode(), started_at=day * DAY_S + 36_000.0, **changes)
    with archive.writing() as session:
        keep_evidence(session, call.id, evidence)
    return call


def rows(archive):
    with archive.reading() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES]


@pytest.fixture
def twelve(archive, blobs, cast):
    """Twelve earlier calls of the cast's agent, each day one, the phrase as good as the same."""
    return [kept(archive, blobs, cast, heard(i), DAY + i) for i in range(1, 13)]


def test_only_earlier_days_of_the_same_agent_make_a_baseline(archive, blobs, cast, twelve):
    late, _ = add(archive, blobs, cast, b"late", started_at=(DAY + 30) * DAY_S)
    middle, _ = add(archive, blobs, cast, b"mid", started_at=(DAY + 6) * DAY_S + 80_000.0)
    others, _ = add(archive, blobs, cast, b"other", started_at=(DAY + 30) * DAY_S, agent_id=cast.other_agent.id)
    nobody, _ = add(archive, blobs, cast, b"?", started_at=(DAY + 30) * DAY_S, agent_id=None, agent_name="")
    with archive.reading() as session:
        found = earlier_of(session, late)
        assert sorted(c.id for c in found.calls) == sorted(c.id for c in twelve)
        assert found.started_at_s == late.started_at
        assert {c.id for c in earlier_of(session, middle).calls} == {c.id for c in twelve[:5]}  # not of its own day
        assert earlier_of(session, others).calls == earlier_of(session, nobody).calls == ()
    kind = found.calls[0].kind
    baseline = found.baseline(kind)
    assert baseline.version and baseline.used == tuple(c.id for c in twelve) and baseline.n_calls == 12
    other_kind = found.baseline(replace(kind, language="en"))
    assert (other_kind.n_calls, other_kind.used) == (0, ())


def test_a_name_nobody_knows_is_an_agent_of_its_own(archive, blobs, cast):
    for i in range(1, 4):
        kept(archive, blobs, cast, heard(i), DAY + i, agent_id=None, agent_name="Zoé")
    kept(archive, blobs, cast, heard(9), DAY, agent_name="Zoé")  # of a person we know
    late, _ = add(archive, blobs, cast, b"late", started_at=(DAY + 9) * DAY_S, agent_id=None, agent_name="Zoé")
    with archive.reading() as session:
        assert len(earlier_of(session, late).calls) == 3


def test_the_latest_sixty_of_a_kind_count(archive, blobs, cast):
    for i in range(MOST_CALLS + 5):
        kept(archive, blobs, cast, heard(1 + i % 28), DAY + i)
    wide = heard(1).metallic["agent"]
    other = wide.compared.model_copy(update={"channel_class": "two channels, wide"})
    wide = {"agent": wide.model_copy(update={"compared": other})}
    kept(archive, blobs, cast, heard(1, metallic=wide), DAY - 1)
    late, _ = add(archive, blobs, cast, b"late", started_at=(DAY + 99) * DAY_S)
    with archive.reading() as session:
        found = earlier_of(session, late).calls
    narrow = [c for c in found if c.kind.channel_class.endswith("narrow")]
    assert len(narrow) == MOST_CALLS and min(c.started_at_s for c in narrow) > (DAY + 5) * DAY_S
    assert len(found) == MOST_CALLS + 1  # a series of its own per kind


def test_the_same_material_gives_the_same_version_and_another_another(archive, blobs, cast, twelve):
    late, _ = add(archive, blobs, cast, b"late", started_at=(DAY + 30) * DAY_S)

    def version():
        with archive.reading() as session:
            found = earlier_of(session, late)
        return found.baseline(found.calls[0].kind)

    before = version()
    assert version() == before
    kept(archive, blobs, cast, heard(13), DAY + 31)  # later than the call
    assert version() == before
    kept(archive, blobs, cast, heard(14), DAY + 14)
    assert version().version != before.version and len(version().used) == 13


def test_without_a_voice_only_the_wording_is_left(archive, blobs, cast):
    kept(archive, blobs, cast, heard(1, voice=False), DAY)
    assert rows(archive) == [1, 0, 1, 1, 0]


def test_an_agent_who_is_only_assumed_leaves_nothing_to_compare_with(archive, blobs, cast):
    assumed = heard(1).roles.model_copy(update={"decided_by": "assumed"})
    kept(archive, blobs, cast, heard(1, roles=assumed), DAY)
    assert rows(archive) == [1, 0, 0, 0, 0]


def test_a_private_passage_leaves_no_hash_of_its_phrase(archive, blobs, cast):
    private = (Redaction(kind="phone", party="agent", span=Span(2.0, 2.5)),)
    kept(archive, blobs, cast, heard(1, redactions=private), DAY)
    assert rows(archive) == [1, 1, 1, 0, 0]


def test_kept_again_it_is_replaced_and_goes_with_its_call(archive, blobs, cast):
    call = kept(archive, blobs, cast, heard(1), DAY)
    with archive.writing() as session:
        keep_across(session, call.id, heard(2))
    assert rows(archive) == [1, 1, 1, 1, 1]
    with archive.writing() as session:
        remove_call(session, session.get_one(Call, call.id))
    assert rows(archive) == [0, 0, 0, 0, 0]


def test_every_table_of_this_kind_goes_with_its_call():
    of_calls = [t for t in Base.metadata.tables.values() if "call_id" in t.c and t.name != "audit"]
    for table in of_calls:
        assert [k.ondelete for k in table.c.call_id.foreign_keys] == ["CASCADE"], table.name
    assert {t.__tablename__ for t in TABLES} <= {t.name for t in of_calls}


def test_forgetting_a_voice_leaves_the_wording(archive, blobs, cast, twelve):
    kept(archive, blobs, cast, heard(5), DAY, agent_id=cast.other_agent.id)
    with archive.writing() as session:
        forget_voice(session, cast.agent.id)
    assert rows(archive) == [13, 1, 13, 13, 1]


def test_a_signature_is_kept_as_it_is_small_and_without_height(archive, blobs, cast):
    kept(archive, blobs, cast, heard(1), DAY)
    with archive.reading() as session:
        row = session.scalars(sa.select(SignatureRow)).one()
    assert signature_of(row) == signed(1)
    assert len(row.st) + len(row.gaps) + len(row.db) == 2 * (12 + 11 + 12)
    assert abs(np.median(signature_of(row).st)) < 0.06


# -- one phrase beside earlier calls -----------------------------------------------------------------------------------


def beside(archive, blobs, cast, evidence, day=DAY + 40, **changes):
    call, _ = add(archive, blobs, cast, f"new {changes}".encode(), started_at=day * DAY_S, **changes)
    with archive.reading() as session:
        return across_calls(session, call, evidence)


def others_say(archive, blobs, cast, noise_st, noise_gaps):
    for i in range(8):
        signature = signed(100 + i, noise_st=noise_st, noise_gaps=noise_gaps)
        kept(
            archive, blobs, cast, heard(1 + i, signature), DAY + i, agent_id=None, agent_name=f"Other {i // 2}",
        )  # fmt: skip


def test_the_same_saying_in_call_after_call_is_told_from_others_readings(archive, blobs, cast, twelve):
    others_say(archive, blobs, cast, 1.5, 0.2)
    found = beside(archive, blobs, cast, heard(20))
    (repeat,) = found.repeats
    assert (repeat.act, repeat.span, repeat.calls, repeat.same_words) == ("offer_help", SPAN, LAST_CALLS, 12)
    assert (repeat.compared, repeat.alike) == (12, 12)
    assert repeat.apart_st < 0.3 and repeat.apart_gaps < 0.05
    assert repeat.others == 8 and repeat.others_st > 0.8 and repeat.others_gaps > 0.1
    assert repeat.others_differ_more is True
    assert found.used == tuple(c.id for c in reversed(twelve))


def test_what_others_say_alike_is_not_called_the_agents(archive, blobs, cast, twelve):
    others_say(archive, blobs, cast, 0.1, 0.02)
    (repeat,) = beside(archive, blobs, cast, heard(20)).repeats
    assert repeat.alike == 12 and repeat.others_differ_more is False


def test_readings_that_vary_are_not_alike(archive, blobs, cast):
    for i in range(1, 13):
        kept(archive, blobs, cast, heard(i, signed(i, noise_st=1.5, noise_gaps=0.2)), DAY + i)
    (repeat,) = beside(archive, blobs, cast, heard(20, signed(20, noise_st=1.5, noise_gaps=0.2))).repeats
    assert repeat.same_words == 12 and repeat.compared >= 6 and repeat.alike == 0
    assert repeat.others == 0 and repeat.others_differ_more is None


def test_other_words_and_too_few_calls_say_nothing(archive, blobs, cast):
    for i in range(1, 5):
        kept(archive, blobs, cast, heard(i), DAY + i)
    assert beside(archive, blobs, cast, heard(20)).repeats == ()
    kept(archive, blobs, cast, heard(6), DAY + 6)
    assert len(beside(archive, blobs, cast, heard(20)).repeats) == 1
    assert beside(archive, blobs, cast, heard(20, text="que puis-je faire pour vous ce matin")).repeats == ()


def test_who_does_not_want_their_voice_analysed_is_nobodys_reading(archive, blobs, cast, twelve):
    for i in range(6):
        signature = signed(100 + i, noise_st=1.5, noise_gaps=0.2)
        kept(archive, blobs, cast, heard(1 + i, signature), DAY + i, agent_id=cast.other_agent.id)
    (repeat,) = beside(archive, blobs, cast, heard(20)).repeats
    assert repeat.others == 2  # two of each person
    with archive.writing() as session:
        session.get_one(Person, cast.other_agent.id).analyse_voice = False
    (repeat,) = beside(archive, blobs, cast, heard(20)).repeats
    assert repeat.others == 0


def test_another_account_is_nobodys_reading(archive, blobs, cast, twelve):
    kept(archive, blobs, cast, heard(1), DAY, campaign_id=cast.other_campaign.id, agent_id=None, agent_name="X")
    (repeat,) = beside(archive, blobs, cast, heard(20)).repeats
    assert repeat.others == 0


def test_without_a_voice_the_wording_alone_is_compared(archive, blobs, cast, twelve):
    (repeat,) = beside(archive, blobs, cast, heard(20, voice=False)).repeats
    assert repeat.same_words == 12 and repeat == repeat.without_voice()


def test_readers_without_the_voice_get_the_wording_alone(archive, blobs, cast, twelve):
    across = beside(archive, blobs, cast, heard(20))
    shown = evidence_without_voice(heard(20, across=across)).across
    assert shown.repeats == tuple(r.without_voice() for r in across.repeats) and shown.repeats[0].compared is None
    assert shown.scripted_share == across.scripted_share


def test_the_scripted_share_counts_runs_of_six_in_five_calls(archive, blobs, cast):
    for i in range(1, 4):
        kept(archive, blobs, cast, heard(i), DAY + i)
    few = beside(archive, blobs, cast, heard(20)).scripted_share
    assert few.value is None and few.reason.code == "words.scripted_few_calls"
    kept(archive, blobs, cast, heard(4), DAY + 4)
    assert beside(archive, blobs, cast, heard(20)).scripted_share.value == 100.0
    longer = heard(20, text=f"{SAID} monsieur et puis encore bien autre chose de tout neuf")
    share = beside(archive, blobs, cast, longer).scripted_share
    n_same = 9  # of the phrase, as words are cut
    assert share.value == pytest.approx(100 * n_same / share.material)


@pytest.mark.slow
def test_the_worker_reads_a_call_against_earlier_ones_and_the_result_names_them(archive, blobs, cast, twelve):
    from service.archive.results import stored_result

    call = shipped_call(archive, blobs, cast, "fr_recite", agent_channel=0, started_at=(DAY + 50) * DAY_S)
    work_all(archive, blobs)
    with archive.reading() as session:
        evidence = stored_result(session, call.id).evidence
    compared = evidence.metallic["agent"].compared
    assert evidence.across.used and compared.calls == len(compared.used)
    with archive.writing() as session:
        session.get_one(Person, cast.agent.id).analyse_voice = False
    silent = shipped_call(archive, blobs, cast, "fr_recite", agent_channel=0, started_at=(DAY + 51) * DAY_S)
    work_all(archive, blobs)
    with archive.reading() as session:
        evidence = stored_result(session, silent.id).evidence
        left = [session.scalars(sa.select(t).where(t.call_id == silent.id)).all() for t in (VoiceWindows, SignatureRow)]
    assert evidence.policy == "no_voice" and not evidence.metallic and left == [[], []]
    assert all(r == r.without_voice() for r in evidence.across.repeats)
