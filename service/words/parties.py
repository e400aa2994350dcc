"""What the labels of transcripts say about the party: `medecin`, `AGENT`, `patient_1` ... Others say nothing."""

from __future__ import annotations

import re

from audio.timeline import Party
from service.words.tokens import fold

_AGENT_PHRASES = ("service client", "relation client", "customer service", "customer support", "customer care")
_AGENT_WORDS = """
agent advisor adviser conseiller conseillere teleconseiller teleconseillere medecin docteur doctor operator operateur
operatrice representative rep regulateur regulatrice collaborateur collaboratrice salesperson vendeur vendeuse employee
technician technicien technicienne hote hotesse csr
"""
_CUSTOMER_WORDS = """
customer client cliente caller appelant appelante patient patiente consumer usager usagere abonne abonnee assure
assuree prospect
"""
_AGENT = frozenset(_AGENT_WORDS.split())
_CUSTOMER = frozenset(_CUSTOMER_WORDS.split())


def party_of(label: str) -> Party:
    """The party a speaker label names; `unknown` when it names none, or both."""
    folded = fold(label)
    if any(phrase in re.sub(r"[\W_]+", " ", folded) for phrase in _AGENT_PHRASES):
        return "agent"
    words = set(re.findall(r"[a-z]+", folded))
    is_agent, is_customer = bool(words & _AGENT), bool(words & _CUSTOMER)
    if is_agent == is_customer:
        return "unknown"
    return "agent" if is_agent else "customer"
