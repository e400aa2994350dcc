"""French verbs whose forms a stemmer keeps apart: `je prends` said back as `vous prenez` is the same word.

Forms are folded (`tokens.fold`). Left out: forms that are function words, and those that are mostly another word
(`lit`, `mort`, `suis`).
"""

from __future__ import annotations

from collections.abc import Mapping

_FAMILIES = """
attend: attendent attendre attendu attendue
boi: bois boit buvez boivent boire buvait buvais bu
connai: connais connait connaissez connaissent connaitre connu connue connaissait
condui: conduis conduit conduite conduisez conduisent conduire conduisait
cour: cours court courez courent courir courait
croi: crois croit croyez croient croire croyait
descend: descendent descendre descendu descendue
dorm: dors dort dorment
ecri: ecris ecrit ecrite ecrivez ecrivent ecrire
entend: entendent entendre entendu entendue
met: mettent mettre mis mise mettait
ouvr: ouvrent ouvert ouverte
part: pars
perd: perdent perdre perdu perdue
prend: prenez prennent prendre pris prise prenait prenais preniez
recev: recois recoit recoivent recevoir recu recue
repond: repondent repondre repondu
sent: sens
sort: sors
souffr: souffrent souffert
ten: tiens tient tiennent tenu tenue
ven: viens vient viennent venu venue
viv: vis vit vivent vivre vecu
voul: veut voulu vouloir
"""
_IN_IRER = ["respir", "transpir", "aspir", "tir", "retir", "attir", "dechir", "vir", "desir", "expir", "inspir"]
"""Stems of verbs in -irer, whose present a stemmer takes for the future of one in -ir (`respirez`)."""
_ENDINGS = ("e", "es", "er", "ez", "ent", "ait", "ais", "aient", "iez", "e")

STEMS: Mapping[str, str] = {
    **{
        form: stem
        for stem, _, forms in (line.partition(":") for line in _FAMILIES.split("\n"))
        for form in forms.split()
    },
    **{stem + ending: stem for stem in _IN_IRER for ending in _ENDINGS},
}
