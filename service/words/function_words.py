"""Words that carry no content of their own, per language, folded (`tokens.fold`): our own small lists.

`FUNCTION_WORDS` are left out of echoes and tell languages apart; `FILLERS` are hesitations, which a rule may
step over. Clitics of French keep their apostrophe (`j'`), as `tokens.tokenise` cuts them; English ones are
expanded (`'m` is `am`).
"""

from __future__ import annotations

from collections.abc import Mapping

_FRENCH = """
a ai aie ait ainsi alors apres as assez au aucun aucune aussi autant autre autres aux avaient avais avait avant
avec avez aviez avoir avons ayant beaucoup bien bon bah ben c' ca car ce ceci cela celle celles celui ces cet cette
ceux chaque chez ci combien comme comment d' dans de dedans dehors deja depuis des desormais dessous dessus deux
donc dont du durant elle elles en encore enfin ensuite entre est et etaient etais etait etant ete etes etiez etions
etre eu eux fait faire faites fais font ferai fera hein ici il ils j' je jusqu' jusque l' la le les leur leurs
lorsqu' lorsque lui m' ma mais me meme memes mes mieux moi moins mon n' ne ni non nos notre nous on ont or ou oui
ouais accord par parce pas pendant peu peut peux pouvez pour pourquoi pourra pourrez pourtant pres puis puisqu'
puisque qu' quand quant que quel quelle quelles quelque quelques quels quelqu'un qui quoi quoiqu' quoique s' sa
sans se sera serai seraient serait serez ses seulement si sinon soi soit sommes son sont sous suis sur t t' ta
tandis tant te tel telle tes toi ton toujours tous tout toute toutes tres trop tu un une va vais vas vers veut veux
voici voila vont vos votre voulez vous voyez vu y allez aller oh ah eh bonjour merci monsieur madame bas
docteur ok okay plus rien jamais
"""
_ENGLISH = """
a about after again ah all alright also always am an and another any anything are as at away back be because been
before being both but by can could did do does doing done down each else even ever every few for from get gets getting
go goes going gone got had has have having he hello her here hers hi him his how i if in into is it its just kind know
let like little lot may maybe me might mine more most much must my myself no nor not now of off oh ok okay on once one
only or other our ours out over own please quite rather really right said same say see shall she should since sir so
some something such sure than thank thanks that the their theirs them then there these they thing things this those
though through to too two under until up us very via was we well were what when where whether which while who whom
whose why will with within without would yeah yep yes yet you your yours yourself 's madam ma'am
"""

FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(_FRENCH.split()),
    "en": frozenset(_ENGLISH.split()),
}
_FRENCH_FILLERS = "euh euhh heu heuu heum hum hm hmm mh mmh mm beh bah ben hein bon enfin"
_ENGLISH_FILLERS = "uh uhh um umm uhm er err erm hm hmm mm eh ah"
FILLERS: Mapping[str, frozenset[str]] = {
    "fr": frozenset(_FRENCH_FILLERS.split()),
    "en": frozenset(_ENGLISH_FILLERS.split()),
}
