"""The matcher: spans, quotes, conditions, fuzziness, order. Packs are small ones made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio.timeline import Party, Span, Word
from service.scoring.evidence import Act, SpokenTurn
from service.words.rules import Pack, acts_of_transcript, explain, find_acts, load_pack, load_pack_file

HEAD = 'pack: mine\nlanguage: fr\nversion: "1"\n'
WORD_S = 0.4
SPAN_TOLERANCE_S = 1e-9  # word times are copied, not computed


def made_pack(tmp_path: Path, rules: str) -> Pack:
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "rules:\n" + rules, encoding="utf-8")
    return load_pack_file(path)


def call(*said: str, seconds: float = 5.0) -> list[SpokenTurn]:
    """`A: ...` and `C: ...` turns, one after the other."""
    parties: dict[str, Party] = {"A": "agent", "C": "customer"}
    return [
        SpokenTurn(index=i, party=parties[s[0]], span=Span(i * seconds, (i + 1) * seconds), text=s[3:])
        for i, s in enumerate(said)
    ]


def ids(acts: list[Act]) -> list[tuple[int, str]]:
    return [(a.turn, a.id) for a in acts]


RULE = "  - {act: greeting, id: r, patterns: ['bonjour']%s}\n"


def test_the_span_is_that_of_the_words_when_they_have_times() -> None:
    texts = ["alors", "euh", "comment", "allez-vous", "aujourd'hui", "madame"]
    words = tuple(Word(t, Span(i * WORD_S, i * WORD_S + 0.3)) for i, t in enumerate(texts))
    turn = SpokenTurn(index=0, party="agent", span=Span(0.0, 4.0), text=" ".join(texts), words=words)
    (act,) = [a for a in find_acts([turn], load_pack("fr")) if a.id == "courtesy_question"]
    assert act.quote == "comment allez-vous aujourd'hui"
    assert act.span.start_s == pytest.approx(2 * WORD_S, abs=SPAN_TOLERANCE_S)
    assert act.span.end_s == pytest.approx(4 * WORD_S + 0.3, abs=SPAN_TOLERANCE_S)


def test_without_word_times_the_span_is_a_share_of_the_turn() -> None:
    (turn,) = call("A: oui alors ecoutez comment allez-vous", seconds=38.0)
    (act,) = find_acts([turn], load_pack("fr"))
    start = len("oui alors ecoutez ") / len(turn.text + " ") * 38.0
    assert act.span.start_s == pytest.approx(start, abs=0.5)  # seconds; a letter is one second here
    assert act.span.end_s == turn.span.end_s


def test_a_quote_keeps_the_words_as_they_were_said() -> None:
    (act,) = find_acts(call("A: Alors, je vous... euh, je vous ENVOIE l'e-mail !"), load_pack("fr"))
    assert act.id == "action_commitment"
    assert act.quote == "je vous ENVOIE l'e-mail"


def test_two_runs_give_the_same_list_in_order() -> None:
    turns = call("A: bonjour je m'appelle Ida comment allez-vous", "C: bonjour j'ai un souci", "A: je vous écoute")
    acts = find_acts(turns, load_pack("fr"))
    assert acts == find_acts(turns, load_pack("fr"))
    assert [a.turn for a in acts] == sorted(a.turn for a in acts)
    assert [i for _, i in ids(acts)][:3] == ["greeting", "self_intro", "courtesy_question"]


def test_one_act_once_on_the_same_words(tmp_path: Path) -> None:
    rules = (
        "  - {act: closing, id: a, patterns: ['au revoir']}\n"
        "  - {act: closing, id: b, patterns: ['au revoir madame']}\n"
    )
    (act,) = find_acts(call("A: au revoir madame"), made_pack(tmp_path, rules))
    assert (act.quote, act.rule) == ("au revoir madame", "mine/closing/b")


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("bienvenue chez nous, bonjour", ["bienvenue chez nous, bonjour"]),
        ("Bonjour. Bienvenue.", ["Bonjour. Bienvenue."]),
        ("bonjour un deux trois bonjour", ["bonjour un deux trois bonjour"]),
        ("bonjour un deux trois quatre bonjour", ["bonjour", "bonjour"]),
    ],
)
def test_a_formula_in_two_breaths_is_one_act(tmp_path: Path, text: str, quotes: list[str]) -> None:
    pack = made_pack(tmp_path, "  - {act: greeting, id: a, patterns: ['bonjour', 'bienvenue']}\n")
    assert [a.quote for a in find_acts(call(f"A: {text}"), pack)] == quotes


def test_other_acts_are_joined_within_a_sentence_only(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: empathy_phrase, id: a, patterns: ['je comprends']}\n")
    assert len(find_acts(call("A: je comprends, vraiment je comprends"), pack)) == 1
    assert len(find_acts(call("A: Je comprends. Vraiment je comprends."), pack)) == 2
    assert len(find_acts(call("A: je comprends", "C: oui", "A: je comprends"), pack)) == 2


def test_a_form_and_its_echo_make_one_act_of_the_form(tmp_path: Path) -> None:
    rules = (
        "  - {act: reformulation, id: reprise_a, patterns: ['le chat(?: {word}){1,6}'], echo: 1}\n"
        "  - {act: reformulation, id: form, patterns: ['si je comprends bien']}\n"
    )
    (act,) = find_acts(
        call("C: mon chat est tombé", "A: si je comprends bien le chat est tombé du balcon"), made_pack(tmp_path, rules)
    )
    assert (act.rule, act.quote) == ("mine/reformulation/form", "si je comprends bien le chat est tombé du balcon")


def test_a_phrase_may_lose_a_small_word_but_none_that_carries_it(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: offer_help, id: r, phrases: ['en quoi puis-je vous aider madame']}\n")
    (act,) = find_acts(call("A: en quoi puis-je téléphoniquement aider madame"), pack)
    assert act.score == pytest.approx(6 / 7, abs=1e-3)  # one of seven words replaced; scores are rounded to 3 places
    assert find_acts(call("A: en quoi puis-je vous téléphoniquement madame"), pack) == []
    assert find_acts(call("A: en téléphoniquement puis-je automatiquement aider madame"), pack) == []


def test_a_rule_yields_to_another_act_on_the_same_words(tmp_path: Path) -> None:
    rules = (
        "  - {act: thanks, id: a, patterns: ['merci'], yields_to: [hold_thanks]}\n"
        "  - {act: hold_thanks, id: b, patterns: ['merci d avoir attendu']}\n"
    )
    pack = made_pack(tmp_path, rules)
    assert ids(find_acts(call("A: merci d'avoir attendu"), pack)) == [(0, "hold_thanks")]
    assert ids(find_acts(call("A: merci bien"), pack)) == [(0, "thanks")]


def test_phrases_forgive_a_recogniser_but_not_a_negation(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: offer_help, id: r, phrases: ['en quoi puis-je vous aider']}\n")
    (act,) = find_acts(call("A: en quoi puije vous aidé"), pack)
    assert 0.8 < act.score < 1.0
    assert find_acts(call("A: en quoi puis-je vous aider"), pack)[0].score == 1.0
    assert find_acts(call("A: en quoi puis-je pas vous aider"), pack) == []
    assert find_acts(call("A: en quoi consiste la panne"), pack) == []


def test_phrases_take_gaps_of_up_to_three_words(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: action_commitment, id: r, phrases: ['je * vérifie']}\n")
    assert find_acts(call("A: je vous le vérifie"), pack)[0].quote == "je vous le vérifie"
    assert find_acts(call("A: je vérifie"), pack)
    assert find_acts(call("A: je vois que mon collègue vérifie"), pack) == []


@pytest.mark.parametrize(
    ("limit", "met"),
    [
        ("{first_turns: 1}", [0]),
        ("{last_turns: 1}", [4]),
        ("{first_s: 5}", [0]),
        ("{first_s: 10}", [0, 2]),
        ("{last_s: 8}", [4]),
    ],
)
def test_where_in_the_call(tmp_path: Path, limit: str, met: list[int]) -> None:
    pack = made_pack(tmp_path, RULE % f", where: {limit}")
    turns = call("A: bonjour", "C: oui", "A: bonjour", "C: oui", "A: bonjour")
    assert [a.turn for a in find_acts(turns, pack)] == met


@pytest.mark.parametrize(
    ("condition", "text", "found"),
    [
        ("unless: ['dire bonjour']", "dire bonjour", False),
        ("unless: ['dire']", "bonjour a b c d e f dire", True),
        ("unless: {forms: ['dire'], anywhere_in_turn: true}", "bonjour a b c d e f dire", False),
        ("needs: ['madame']", "bonjour madame", True),
        ("needs: ['madame']", "bonjour monsieur", False),
        ("needs: {forms: ['madame'], within_words: 1}", "bonjour chère madame", False),
        ("max_words: 2", "bonjour madame", True),
        ("max_words: 2", "bonjour chère madame", False),
    ],
)
def test_words_near_the_match(tmp_path: Path, condition: str, text: str, found: bool) -> None:
    pack = made_pack(tmp_path, RULE % f", {condition}")
    assert bool(find_acts(call(f"A: {text}"), pack)) is found


def test_the_other_partys_turns_before_and_after(tmp_path: Path) -> None:
    before = made_pack(tmp_path, RULE % ", previous: {patterns: ['allo']}")
    after = made_pack(tmp_path, RULE % ", next: {patterns: ['^oui']}")
    assert find_acts(call("C: allo", "A: bonjour"), before)
    assert not find_acts(call("C: non", "A: bonjour"), before)
    assert not find_acts(call("C: allo", "A: tiens", "C: non", "A: bonjour"), before)
    assert find_acts(call("A: bonjour", "C: oui"), after)
    assert not find_acts(call("A: bonjour", "C: ah oui"), after)


def test_what_the_other_party_must_not_have_said_before(tmp_path: Path) -> None:
    rules = (
        "  - {act: c_problem, id: a, patterns: ['tousse'], unless_previous: {acts: [closed_question]}}\n"
        "  - {act: closed_question, id: b, patterns: ['est ce qu']}\n"
    )
    pack = made_pack(tmp_path, rules)
    assert ids(find_acts(call("A: est-ce qu'il tousse", "C: il tousse"), pack)) == [(0, "closed_question")]
    assert (2, "c_problem") in ids(find_acts(call("A: est-ce qu'il va bien", "A: dites", "C: il tousse"), pack))
    assert ids(find_acts(call("C: il tousse"), pack)) == [(0, "c_problem")]


def test_saying_again_what_nobody_asked(tmp_path: Path) -> None:
    rule = "  - {act: c_repeat_unheard, id: r, patterns: ['^(?:{word} ?)+$'], again: 2}\n"
    pack = made_pack(tmp_path, rule)
    told = ("C: mon chat est tombé du balcon", "A: vous habitez Lille")
    assert ids(find_acts(call(*told, "C: le chat il est tombé"), pack)) == [(2, "c_repeat_unheard")]
    assert not find_acts(call(*told, "C: oui à Lille"), pack)
    asked = call(*told, "A: votre chat est tombé d'où", "C: le chat il est tombé du toit")
    assert not find_acts(asked, pack)
    in_one_breath = call("A: allô", "C: mon chat est tombé", "C: le chat est tombé")
    assert not find_acts(in_one_breath, pack)
    bare = made_pack(tmp_path, rule.replace("again: 2", "again: 2, again_new_max: 0"))
    assert find_acts(call(*told, "C: le chat il est tombé"), bare)
    assert not find_acts(call(*told, "C: le chat il est tombé dans la cour"), bare)


def test_saying_what_one_had_not_said_before(tmp_path: Path) -> None:
    rule = "  - {act: c_problem, id: p, patterns: ['(?:il|elle|et) (?:{word} ?)+$'], fresh: true}\n"
    pack = made_pack(tmp_path, rule)
    told = ("C: mon chat est tombé du balcon", "A: vous habitez où")
    assert not find_acts(call(*told, "C: il est tombé"), pack)
    assert ids(find_acts(call(*told, "C: il miaule"), pack)) == [(2, "c_problem")]
    assert ids(find_acts(call(*told, "C: et il est tombé hier"), pack)) == [(2, "c_problem")]
    assert find_acts(call(*told, "C: il ne va pas bien"), pack)  # no content word to tell by
    heard = ("C: allô", "A: il miaule", "C: il miaule")  # the other party's words are not one's own
    assert ids(find_acts(call(*heard), pack)) == [(2, "c_problem")]


def test_acts_of_neighbouring_turns(tmp_path: Path) -> None:
    rules = (
        "  - {act: reassurance, id: a, patterns: ['calme'], previous: {acts: [c_distress], turns: 2}}\n"
        "  - {act: c_distress, id: b, patterns: ['au secours']}\n"
    )
    pack = made_pack(tmp_path, rules)
    assert (3, "reassurance") in ids(find_acts(call("C: au secours", "A: oui", "C: allo", "A: calme"), pack))
    assert ids(find_acts(call("C: allo", "A: calme"), pack)) == []


def test_marks_decide_where_there_are_marks(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: closed_question, id: r, patterns: ['il respire'], asks: true}\n")
    assert find_acts(call("A: il respire"), pack)
    assert find_acts(call("A: Bonjour madame ici Paul. Il respire ?"), pack)
    assert not find_acts(call("A: Bonjour madame ici Paul. Il respire."), pack)
    said = made_pack(tmp_path, "  - {act: hedged_bluff, id: r, patterns: ['sans doute'], asks: false}\n")
    assert find_acts(call("A: sans doute la pile"), said)
    assert not find_acts(call("A: sans doute la pile ?"), said)


def test_a_dollar_ends_a_sentence_too(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: vague_promise, id: r, patterns: ['vous rappelle$']}\n")
    assert find_acts(call("A: on vous rappelle. Au revoir."), pack)[0].quote == "vous rappelle."
    assert not find_acts(call("A: on vous rappelle demain."), pack)


def test_echo_counts_content_words_the_customer_said(tmp_path: Path) -> None:
    echoing = made_pack(tmp_path, "  - {act: reformulation, id: r, patterns: ['donc(?: {word})+'], echo: 2}\n")
    fresh = made_pack(tmp_path, "  - {act: closed_question, id: r, patterns: ['donc(?: {word})+'], echo_max: 0}\n")
    told = call("C: mon chat est tombé du balcon", "A: donc votre chat est tombé")
    new = call("C: mon chat est tombé du balcon", "A: donc vous habitez Lille")
    assert find_acts(told, echoing)
    assert not find_acts(new, echoing)
    assert not find_acts(told, fresh)
    assert find_acts(new, fresh)
    bare = made_pack(tmp_path, "  - {act: reformulation, id: r, patterns: ['donc(?: {word})+'], echo: 1, new_max: 0}\n")
    assert find_acts(told, bare)
    assert not find_acts(call("C: mon chat est tombé", "A: donc votre chat est tombé hier"), bare)


def test_a_form_does_not_reach_into_the_next_turn(tmp_path: Path) -> None:
    pack = made_pack(tmp_path, "  - {act: closing, id: r, patterns: ['au[^x]revoir', 'au\\s+revoir']}\n")
    assert find_acts(call("A: on va au", "A: revoir les chats"), pack) == []
    assert find_acts(call("A: au revoir"), pack)


HOSTILE = [
    "",
    "   ",
    "?!...",
    "\x00\x01 bonjour \x7f",
    "​bonjour​",
    "🙂" * 50,
    "a" * 20_000,
    "bonjour " * 3000,
    "</script><img src=x onerror=alert(1)> bonjour",
    "Ωμέγα здравствуйте 你好吗？",
    "'''’’’ ----",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    turns = [SpokenTurn(index=0, party="agent", span=Span(1.0, 1.0), text=text)]
    for language in ("fr", "en"):
        for act in find_acts(turns, load_pack(language)):
            assert act.quote and all(w in text for w in act.quote.split())
            assert act.span.start_s >= 1.0


def test_no_turns_and_third_voices() -> None:
    pack = load_pack("fr")
    assert find_acts([], pack) == []
    other = SpokenTurn(index=0, party="unknown", span=Span(0.0, 1.0), text="bonjour merci au revoir")
    assert find_acts([other], pack) == []


def test_acts_of_transcript_has_one_entry_per_turn() -> None:
    turns = call("A: bonjour", "C: mm", "A: au revoir")
    assert acts_of_transcript(turns, load_pack("fr")) == [
        [{"act": "greeting", "quote": "bonjour"}],
        [],
        [{"act": "closing", "quote": "au revoir"}],
    ]


def test_explain_names_the_condition_that_fails() -> None:
    pack = load_pack("fr")
    (told,) = [e for e in explain(pack, "~ bonjour", "agent") if e.rule == "fr/greeting/bonjour"]
    assert (told.failed_condition, told.yielded) == ("where", False)
    (told,) = [e for e in explain(pack, "bonjour", "agent") if e.rule == "fr/greeting/bonjour"]
    assert told.failed_condition is None
    thanks = [e for e in explain(pack, "merci de votre patience", "agent") if e.act == "thanks"]
    assert all(e.failed_condition or e.yielded for e in thanks)


PUNCTUATED = [
    ("Vous avez une box récente ?", "closed_question"),
    ("Que s'est-il passé ?", "open_question"),
    ("Comment allez-vous ?", "courtesy_question"),
    ("Avez-vous d'autres questions ?", "anything_else"),
    ("Est-ce que c'est clair pour vous ?", "check_understanding"),
]


@pytest.mark.parametrize(("text", "act"), PUNCTUATED)
def test_kinds_of_questions_are_told_apart(text: str, act: str) -> None:
    questions = {"closed_question", "open_question", "courtesy_question", "anything_else", "check_understanding"}
    assert {i for _, i in ids(find_acts(call(f"A: {text}"), load_pack("fr")))} & questions == {act}


def test_until_keeps_a_wide_pattern_within_a_clause(tmp_path: Path) -> None:
    rules = "  - {act: reformulation, id: a, patterns: ['il(?: {word}){1,9}'], until: ['et', 'il', 'est ce que']}\n"
    acts = find_acts(call("A: oui il tousse est-ce que toute la nuit et il dort mal"), made_pack(tmp_path, rules))
    assert [a.quote for a in acts] == ["il tousse", "il dort mal"]


def test_until_finds_each_clause_on_its_own(tmp_path: Path) -> None:
    rules = (
        "  - {act: reformulation, id: a, patterns: ['il(?: {word}){1,9}'], until: ['et', 'il'], echo: 1, new_max: 0}\n"
    )
    pack = made_pack(tmp_path, rules)
    told = ["C: il fume et tousse", "A: il dort et il tousse tout le temps la nuit", "C: il ronfle", "A: il ronfle"]
    assert [(a.turn, a.quote) for a in find_acts(call(*told), pack)] == [(3, "il ronfle")]
    told[1] = "A: il dort et il tousse et il vomit tout le temps la nuit et il fume"
    assert [(a.turn, a.quote) for a in find_acts(call(*told), pack)] == [
        (1, "il tousse"),
        (1, "il fume"),
        (3, "il ronfle"),
    ]


def test_until_anchors_still_mean_the_turn(tmp_path: Path) -> None:
    rules = "  - {act: reformulation, id: a, patterns: ['^il {word}', '{word} mal$'], until: ['et']}\n"
    acts = find_acts(call("A: et il dort mal et il mange", "A: il boit et dort mal"), made_pack(tmp_path, rules))
    assert [(a.turn, a.quote) for a in acts] == [(1, "il boit et dort mal")]
