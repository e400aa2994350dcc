"""A listening test: clips of gestures that people rate from recited (1) to lived (5), not knowing what the rules said.

It is the only proof that "lived" is heard as lived: the area under the curve of the mean ratings against the rules'
verdicts, and how well raters agree with each other. Until it is closed nothing tells what the rules said of a clip.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from audio.timeline import Span
from service.archive.access import Viewer, not_there, visible
from service.archive.audit import note_down
from service.archive.errors import ArchiveError
from service.archive.lines import GESTURE
from service.archive.stages import LISTEN
from service.archive.tables import Account
from service.archive.tables_calls import Call, LineRow, RecordingFile
from service.archive.tables_reviews import ListeningClip, ListeningRating, ListeningTest
from service.figures import Figure, Pair, alpha, area, kappa

CLIPS, PER_CALL, PER_AGENT = 100, 2, 6
"""`PER_AGENT` of each of the two verdicts."""
FEWEST_RATERS, MOST_RATERS = 3, 5
SCALE = (1, 2, 3, 4, 5)
VERDICTS = ("lived", "mechanical")
PAD_S = 0.5
MOST_LOOKED_AT = 20_000


def draw(session: Session, viewer: Viewer, title: str, language: str, seed: int) -> ListeningTest:
    """A test of up to a hundred clips, half lived and half mechanical where there are as many. The same seed and calls
    draw the same. Raises NotAllowed; ArchiveError: no title, or no clips of both kinds.
    """
    viewer.require("rescore")
    if not title.strip():
        raise ArchiveError("listening.no_title")
    account = viewer.account_id or session.scalars(select(Account.id).order_by(Account.created_at).limit(1)).first()
    clips = list(_drawn(session, viewer, language, seed))
    if account is None or len({row.verdict for row in clips}) < 2:
        raise ArchiveError("listening.too_few")
    test = ListeningTest(
        account_id=account, title=title.strip()[:200], language=language, seed=seed, created_by=viewer.person_id
    )
    session.add(test)
    session.flush()
    for place, clip in enumerate(clips):
        clip.test_id, clip.place = test.id, place
        session.add(clip)
    note_down(session, viewer.person_id, "listening_test", test=test.id, clips=len(clips))
    return test


def _drawn(session: Session, viewer: Viewer, language: str, seed: int) -> Iterator[ListeningClip]:
    """In an order that says nothing of the verdict."""
    of_call: Counter[str] = Counter()
    of_agent: Counter[tuple[str, str]] = Counter()
    taken: dict[str, list[ListeningClip]] = defaultdict(list)
    for row, verdict in sorted(_candidates(session, viewer, language), key=lambda one: _ticket(seed, one[0])):
        agent = (row.agent_id or row.call_id, verdict)
        if of_call[row.call_id] < PER_CALL and of_agent[agent] < PER_AGENT and len(taken[verdict]) < CLIPS:
            of_call[row.call_id] += 1
            of_agent[agent] += 1
            start_s, end_s = row.start_s or 0.0, row.end_s or 0.0
            taken[verdict].append(
                ListeningClip(call_id=row.call_id, line=row.line, verdict=verdict, start_s=start_s, end_s=end_s)
            )
    half = min(CLIPS // 2, *(len(taken[verdict]) for verdict in VERDICTS))
    chosen = [clip for verdict in VERDICTS for clip in taken[verdict][:half]]
    yield from sorted(chosen, key=lambda clip: _ticket(seed + 1, clip))


def _ticket(seed: int, row: LineRow | ListeningClip) -> str:
    return hashlib.sha256(f"{seed}|{row.call_id}|{row.line}".encode()).hexdigest()


def _candidates(session: Session, viewer: Viewer, language: str) -> list[tuple[LineRow, str]]:
    said = LineRow.machine_verdict
    sound = select(RecordingFile.id).where(RecordingFile.call_id == Call.id, RecordingFile.kind == LISTEN).exists()
    wanted = (
        select(LineRow, said)
        .join(Call, Call.id == LineRow.call_id)
        .where(visible(viewer), said.in_(VERDICTS), LineRow.line.startswith(GESTURE), LineRow.start_s.is_not(None))
        .where(LineRow.disputed.is_(False), LineRow.end_s > LineRow.start_s, sound)
    )
    if language:
        wanted = wanted.where(Call.language == language)
    rows = session.execute(wanted.order_by(LineRow.id.desc()).limit(MOST_LOOKED_AT))
    return [(row, str(verdict)) for row, verdict in rows]


def listening_tests(session: Session, viewer: Viewer) -> Sequence[ListeningTest]:
    """Of one's account, newest first."""
    viewer.require("review")
    found = select(ListeningTest).order_by(ListeningTest.created_at.desc()).limit(100)
    own = found.where(ListeningTest.account_id == viewer.account_id) if viewer.account_id else found
    return session.scalars(own).all()


def test_there(session: Session, viewer: Viewer, test_id: str) -> ListeningTest:
    """Raises NotThere, NotAllowed."""
    viewer.require("review")
    found = session.get(ListeningTest, test_id)
    if found is None or viewer.account_id not in (None, found.account_id):
        raise not_there()
    return found


test_there.__test__ = False  # type: ignore[attr-defined] # no test, whatever its name


def next_clip(session: Session, viewer: Viewer, test_id: str) -> tuple[int | None, int, int]:
    """The place of the next clip this person has not rated (None: all are), how many they rated, and of how many.

    Clips of calls that are not theirs to hear are passed over.
    """
    rated = select(ListeningRating.place).where(
        ListeningRating.test_id == test_id, ListeningRating.person_id == viewer.person_id
    )
    done = set(session.scalars(rated))
    places = _audible(session, viewer, test_id)
    left = [place for place in places if place not in done]
    return (left[0] if left else None), len(done), len(places)


def _audible(session: Session, viewer: Viewer, test_id: str) -> list[int]:
    wanted = select(ListeningClip.place).join(Call, Call.id == ListeningClip.call_id)
    theirs = wanted.where(ListeningClip.test_id == test_id, visible(viewer)).order_by(ListeningClip.place)
    return list(session.scalars(theirs))


def clip_there(session: Session, viewer: Viewer, test_id: str, place: int) -> tuple[ListeningClip, Span]:
    """A clip, and the seconds to play around it. Raises NotThere."""
    test_there(session, viewer, test_id)
    clip = session.get(ListeningClip, (test_id, place))
    if clip is None or place not in _audible(session, viewer, test_id):
        raise not_there()
    return clip, Span(max(0.0, clip.start_s - PAD_S), clip.end_s + PAD_S)


def rate(session: Session, viewer: Viewer, test_id: str, place: int, rating: int) -> None:
    """How lived a clip sounds; said again it replaces. Raises NotThere; ArchiveError: closed, five others rate."""
    test = test_there(session, viewer, test_id)
    clip_there(session, viewer, test_id, place)
    if test.closed_at is not None:
        raise ArchiveError("listening.closed")
    if rating not in SCALE:
        raise ArchiveError("listening.scale")
    raters = set(
        session.scalars(select(ListeningRating.person_id).where(ListeningRating.test_id == test_id).distinct())
    )
    if viewer.person_id not in raters and len(raters) >= MOST_RATERS:
        raise ArchiveError("listening.full", most=MOST_RATERS)
    own = {"test_id": test_id, "place": place, "person_id": viewer.person_id}
    session.execute(delete(ListeningRating).where(*(getattr(ListeningRating, k) == v for k, v in own.items())))
    session.add(ListeningRating(**own, rating=rating))


def close_test(session: Session, viewer: Viewer, test_id: str) -> None:
    """No more ratings; the figures are shown from now on. Raises NotAllowed, NotThere."""
    viewer.require("rescore")
    test = test_there(session, viewer, test_id)
    if test.closed_at is None:
        test.closed_at = time.time()
        note_down(session, viewer.person_id, "listening_closed", test=test_id)


@dataclass(frozen=True)
class Heard:
    """What a test came to. `raters`: who rated most of the clips; under three of them there are no figures."""

    clips: int
    raters: int
    area: Figure | None = None
    kappa: Figure | None = None
    alpha: Figure | None = None


def result(session: Session, test_id: str) -> Heard:
    """Of raters who rated at least four clips in five; of clips that three of them rated.

    Kappa is of every two raters, each once on either side: nobody is first.
    """
    verdicts = {p: v for p, v in session.execute(
        select(ListeningClip.place, ListeningClip.verdict).where(ListeningClip.test_id == test_id)
    )}  # fmt: skip
    by_person: dict[str, dict[int, int]] = defaultdict(dict)
    for row in session.scalars(select(ListeningRating).where(ListeningRating.test_id == test_id)):
        by_person[row.person_id][row.place] = row.rating
    whole = {person: said for person, said in by_person.items() if len(said) >= 0.8 * len(verdicts)}
    if len(whole) < FEWEST_RATERS:
        return Heard(len(verdicts), len(whole))
    ratings = {place: [said[place] for said in whole.values() if place in said] for place in verdicts}
    told = {place: values for place, values in ratings.items() if len(values) >= FEWEST_RATERS}
    pairs: list[Pair] = [(p, *said) for p, values in told.items() for said in permutations(values, 2)]
    return Heard(
        clips=len(told),
        raters=len(whole),
        area=area([(verdicts[place] == "lived", sum(v) / len(v)) for place, v in told.items()]),
        kappa=kappa(pairs, ordered=SCALE),
        alpha=alpha({place: [float(v) for v in values] for place, values in told.items()}, interval=True),
    )
