"""Who may do what, as the tests hold it; `python -m tests.who_sees_what > docs/who-sees-what.md` writes the page.

For every route the answers to the cast: before the call is released, and after. 200 stands for every success.
"""

from __future__ import annotations

CAST = ("admin", "qa", "coach", "other_coach", "agent", "other_agent", "auditor", "other_auditor", None)
NAMES = {
    "en": ("admin", "QA", "coach of the team", "another coach", "agent of the call", "another agent",
           "auditor of the account", "another auditor", "nobody"),
    "fr": ("admin", "qualité", "coach de l’équipe", "autre coach", "agent de l’appel", "autre agent",
           "auditeur du compte", "autre auditeur", "personne"),
}  # fmt: skip
# on a call that is not released / released; one answer per member of the cast, in their order
ON_A_CALL = {
    ("GET", "/api/v1/calls/{call_id}"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/events"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/result"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/moments"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/audio"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/moments/{moment}/clip"): (
        "ok ok ok no no no no no in",
        "ok ok ok no ok no ok no in",
    ),
    ("GET", "/api/v1/calls/{call_id}/vcon"): ("ok ok xx xx xx xx xx xx in", "ok ok xx xx xx xx xx xx in"),
    ("GET", "/api/v1/calls/{call_id}/edits"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("PUT", "/api/v1/calls/{call_id}/edits"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("GET", "/api/v1/calls/{call_id}/reviews"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("GET", "/api/v1/calls/{call_id}/listeners"): ("ok ok ok no no no no no in", "ok ok ok no ok no xx no in"),
    ("GET", "/calls/{call_id}"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("POST", "/calls/{call_id}/heard"): ("ok ok ok no no no no no in", "ok ok ok no ok no ok no in"),
    ("POST", "/calls/{call_id}/say"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/calls/{call_id}/blind"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/calls/{call_id}/mend"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/calls/{call_id}/release"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/calls/{call_id}/decide"): ("no no no no xx xx xx xx in", "no no no no xx xx xx xx in"),
    ("POST", "/calls/{call_id}/agent"): ("xx xx xx xx no no xx xx in", "xx xx xx xx ok no xx xx in"),
    ("POST", "/api/v1/calls/{call_id}/reviews"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/api/v1/calls/{call_id}/release"): ("ok ok ok no xx xx xx xx in", "ok ok ok no xx xx xx xx in"),
    ("POST", "/api/v1/calls/{call_id}/rescore"): ("ok ok xx xx xx xx xx xx in", "ok ok xx xx xx xx xx xx in"),
    ("DELETE", "/api/v1/calls/{call_id}"): ("ok xx xx xx xx xx xx xx in", "ok xx xx xx xx xx xx xx in"),
}
ON_NONE = {
    ("GET", "/api/v1/calls"): "ok ok ok ok ok ok ok ok in",
    ("POST", "/api/v1/calls"): "ok ok xx xx xx xx xx xx in",
    ("GET", "/api/v1/exports/{table}"): "ok ok xx xx xx xx xx xx in",
    ("GET", "/api/v1/tokens"): "ok ok ok ok ok ok ok ok in",
    ("POST", "/api/v1/tokens"): "ok ok ok ok ok ok ok ok in",
    ("DELETE", "/api/v1/tokens/{token_id}"): "no no no no no no no no in",
    ("GET", "/api/v1/holds"): "ok xx xx xx xx xx xx xx in",
    ("POST", "/api/v1/holds"): "no xx xx xx xx xx xx xx in",
    ("DELETE", "/api/v1/holds/{hold_id}"): "no xx xx xx xx xx xx xx in",
    ("GET", "/api/v1/webhooks"): "ok xx xx xx xx xx xx xx in",
    ("POST", "/api/v1/webhooks"): "ok xx xx xx xx xx xx xx in",
    ("DELETE", "/api/v1/webhooks/{webhook_id}"): "no xx xx xx xx xx xx xx in",
    ("GET", "/"): "ok ok ok ok ok ok ok ok to",
    ("GET", "/calls"): "ok ok ok ok ok ok ok ok in",
    ("GET", "/team"): "ok ok ok ok xx xx xx xx in",
    ("GET", "/agreement"): "ok ok ok ok xx xx xx xx in",
    ("GET", "/calibrations"): "ok ok ok ok xx xx xx xx in",
    ("POST", "/calibrations"): "no no xx xx xx xx xx xx in",
    ("GET", "/calibrations/{calibration_id}"): "no no no no xx xx xx xx in",
    ("POST", "/calibrations/{calibration_id}"): "no no no no xx xx xx xx in",
    ("POST", "/calibrations/{calibration_id}/close"): "no no no no xx xx xx xx in",
    ("GET", "/listening"): "ok ok ok ok xx xx xx xx in",
    ("POST", "/listening"): "bad bad xx xx xx xx xx xx in",
    ("GET", "/listening/{test_id}"): "no no no no xx xx xx xx in",
    ("POST", "/listening/{test_id}"): "no no no no xx xx xx xx in",
    ("POST", "/listening/{test_id}/close"): "no no xx xx xx xx xx xx in",
    ("GET", "/listening/{test_id}/clips/{place}"): "no no no no xx xx xx xx in",
    ("GET", "/inbox"): "ok ok ok ok xx xx xx xx in",
    ("POST", "/inbox"): "ok ok ok ok xx xx xx xx in",
    ("GET", "/upload"): "ok ok xx xx xx xx xx xx in",
    ("POST", "/upload"): "ok ok xx xx xx xx xx xx in",
    ("GET", "/rules"): "ok ok ok ok xx xx xx xx in",
    ("GET", "/settings"): "ok xx xx xx xx xx xx xx in",
    ("POST", "/settings/campaigns/{campaign_id}"): "no xx xx xx xx xx xx xx in",
    ("GET", "/preferences"): "ok ok ok ok ok ok ok ok in",
    ("POST", "/preferences/lang"): "ok ok ok ok ok ok ok ok in",
    ("POST", "/preferences/password"): "ok ok ok ok ok ok ok ok in",
    ("GET", "/audit"): "ok xx xx xx xx xx xx xx in",
    ("GET", "/audit.csv"): "ok xx xx xx xx xx xx xx in",
    ("GET", "/week"): "xx xx ok ok xx xx xx xx in",
    ("POST", "/sessions"): "xx xx no no xx xx xx xx in",
    ("GET", "/sessions/{session_id}"): "xx xx no no xx xx xx xx in",
    ("POST", "/sessions/{session_id}/moments/{place}"): "xx xx no no xx xx xx xx in",
    ("POST", "/sessions/{session_id}/goal"): "xx xx no no xx xx xx xx in",
    ("POST", "/sessions/{session_id}/note"): "xx xx no no xx xx xx xx in",
    ("GET", "/me"): "xx xx xx xx ok ok xx xx in",
    ("GET", "/me/lines"): "xx xx xx xx ok ok xx xx in",
    ("POST", "/me/voice"): "xx xx xx xx ok ok xx xx in",
}
FOR_ALL = {
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/openapi.json"), ("GET", "/login"),
    ("GET", "/login/oidc"), ("GET", "/login/oidc/back"), ("POST", "/login"), ("POST", "/logout"),
    ("GET", "/static/{name}"),
}  # fmt: skip
"""Nothing of a call is in any of them."""
STATUS = {"ok": 200, "bad": 422, "no": 404, "xx": 403, "in": 401, "to": 303}
SAID = {
    "en": {
        "ok": "yes",
        "bad": "yes, when there are calls for it",
        "no": "not there",
        "xx": "no",
        "in": "log in",
        "to": "log in",
    },
    "fr": {
        "ok": "oui",
        "bad": "oui, quand il y a des appels pour cela",
        "no": "n’existe pas",
        "xx": "non",
        "in": "connexion",
        "to": "connexion",
        "go": "leur page de départ",
    },
}
TEXT = {
    "en": (
        "# Who sees what",
        "Written from the table that the tests hold (`tests/who_sees_what.py`). *not there*: the answer is the same as "
        "for a call that does not exist. Every reading and listening leaves a row in the audit. Under the policy "
        "`words_and_turns` what was measured of the voice is in none of these answers but for the agent of the call "
        "and the coach of their team, logged in; never for a program with a token. Auditors see a pseudonym. With "
        "`TIMBRE_RELEASE_BEFORE_VISIBLE=false` the agent of the call sees it from the moment it is done, as if it were "
        "released; nobody else does. A coaching session is for the coach who began it alone.",
        ("Before the call is released", "Once it is released", "Not about one call"),
        "route",
    ),
    "fr": (
        "# Qui voit quoi",
        "Écrit d’après la table que tiennent les tests (`tests/who_sees_what.py`). *n’existe pas* : la réponse est la "
        "même que pour un appel qui n’existe pas. Chaque lecture et chaque écoute laisse une ligne d’audit. Sous la "
        "règle `words_and_turns`, ce qui est mesuré de la voix n’est dans aucune de ces réponses, sauf pour l’agent de "
        "l’appel et le coach de son équipe, connectés ; jamais pour un programme muni d’un jeton. Les auditeurs voient "
        "les agents sous un pseudonyme. Avec `TIMBRE_RELEASE_BEFORE_VISIBLE=false`, l’agent de l’appel le voit dès "
        "qu’il est prêt, comme s’il était libéré ; personne d’autre. Une séance n’est qu’au coach qui l’a commencée.",
        ("Avant la libération de l’appel", "Une fois l’appel libéré", "Sans appel particulier"),
        "adresse",
    ),
}


def page() -> str:
    """The page, English first."""
    return "\n".join(line for lang in ("en", "fr") for line in _in(lang)).rstrip() + "\n"


def _in(lang: str) -> list[str]:
    title, said, heads, route = TEXT[lang]
    lines = [title, "", said, ""]
    tables = [
        {key: both[0] for key, both in ON_A_CALL.items()},
        {key: both[1] for key, both in ON_A_CALL.items()},
        ON_NONE,
    ]
    for head, table in zip(heads, tables, strict=True):
        lines += [f"## {head}", "", f"| {route} | {' | '.join(NAMES[lang])} |", "|---" * (len(CAST) + 1) + "|"]
        for (method, path), answers in table.items():
            lines.append(f"| `{method} {path}` | {' | '.join(SAID[lang][a] for a in answers.split())} |")
        lines.append("")
    return lines


if __name__ == "__main__":
    print(page(), end="")
