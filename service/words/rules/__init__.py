"""The rule language: packs of rules find acts in what was said."""

from service.words.rules.errors import PackError
from service.words.rules.finding import find_acts
from service.words.rules.loading import load_pack, load_pack_file, named_pack, packs_of, together
from service.words.rules.pack import Pack, Rule
from service.words.rules.sound import HeardSound, Sound
from service.words.rules.trying import acts_of_transcript, explain

__all__ = [
    "HeardSound",
    "Pack",
    "PackError",
    "Rule",
    "Sound",
    "acts_of_transcript",
    "explain",
    "find_acts",
    "load_pack",
    "load_pack_file",
    "named_pack",
    "packs_of",
    "together",
]
