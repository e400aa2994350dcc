"""What the API takes and gives, with examples for its documentation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.archive.access import Viewer, agent_shown
from service.archive.reviewing import Says
from service.archive.tables_calls import Call


class Received(BaseModel):
    """One recording of an upload: its call, or why it was not taken."""

    name: str
    id: str | None = None
    new: bool = False
    problem: str | None = Field(default=None, description="one sentence, when it was refused")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "call.wav", "id": "q3jXo9s8VYd0aB1c", "new": True, "problem": None}]}
    )


class Uploaded(BaseModel):
    """What became of every recording of an upload, in its order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"calls": [{"name": "call.wav", "id": "q3jXo9s8VYd0aB1c", "new": True, "problem": None}]}]
        }
    )
    calls: list[Received]


class CallOut(BaseModel):
    """A call in a list. Scores are for its own page: a list is sorted by time."""

    id: str
    name: str
    started_at: float
    received_at: float
    campaign_id: str
    team_id: str | None
    agent: str
    external_id: str
    direction: str
    language: str
    duration_s: float | None
    state: Literal["waiting", "running", "done", "failed", "skipped"]
    problem: str | None = None
    open_moments: int
    released: bool

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "q3jXo9s8VYd0aB1c",
                    "name": "call.wav",
                    "started_at": 1764115200.0,
                    "received_at": 1764118800.0,
                    "campaign_id": "c0aB1cq3jXo9s8VY",
                    "team_id": None,
                    "agent": "A. Martin",
                    "external_id": "0042",
                    "direction": "inbound",
                    "language": "fr",
                    "duration_s": 312.5,
                    "state": "done",
                    "problem": None,
                    "open_moments": 3,
                    "released": False,
                }
            ]
        }
    )


class StageOut(BaseModel):
    """One stage of the work on a call."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"stage": "analyse", "state": "running", "progress": 0.4}]}
    )
    stage: str
    state: str
    progress: float


class CallStatus(CallOut):
    """A call with how far its work is."""

    stages: list[StageOut]


class PageOut(BaseModel):
    """A page of calls; `next` is the cursor of the one after, null on the last."""

    calls: list[CallOut]
    next: str | None


class MomentMeasureOut(BaseModel):
    """One value of a moment, with its unit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "room_s", "value": 0.3, "unit": "s"}]})

    name: str
    value: float
    unit: str


class MomentOut(BaseModel):
    """A moment with its sentences in the reader's language.

    `compared` sets it against what the agent usually does, on the `baseline` it names; where that is `none`, it says
    why nothing can be compared.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "1f2e3d4c5b6a",
                    "kind": "no_room",
                    "good": False,
                    "severity": 0.7,
                    "start_s": 61.2,
                    "end_s": 70.5,
                    "why": "0.3 s of room after the question.",
                    "measures": [{"name": "room_s", "value": 0.3, "unit": "s"}],
                    "compared": "",
                    "baseline": "none",
                    "hint": "What would the customer have said?",
                    "quote": "Is that all right?",
                    "reviewed": False,
                }
            ]
        }
    )
    id: str
    kind: str
    good: bool
    severity: float
    start_s: float
    end_s: float
    why: str
    measures: list[MomentMeasureOut]
    compared: str
    baseline: Literal["call", "earlier_calls", "none"]
    hint: str
    quote: str
    reviewed: bool


class ReviewIn(BaseModel):
    """What a person says about a line or a moment."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"target": "moment:1f2e3d4c5b6a", "says": "disagree", "reason": "It rang."}]},
    )
    target: str = Field(pattern=r"^(?:moment|gesture|criterion|call):[A-Za-z0-9_.-]{1,48}$")
    says: Literal["agree", "disagree", "comment"]
    reason: str = Field(default="", max_length=2000)


class ReviewOut(BaseModel):
    """A review that was kept. `value`: what the person holds for right, the machine's own only where they agreed.

    `blind`: said before the machine's was shown to them; `heard`: they had played the line's seconds.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "target": "moment:1f2e3d4c5b6a",
                    "says": "disagree",
                    "reason": "It rang.",
                    "value": {},
                    "blind": False,
                    "heard": True,
                    "id": "r3jXo9s8VYd0aB1c",
                    "person_id": "p3jXo9s8VYd0aB1c",
                    "at": 1764115200.0,
                }
            ]
        }
    )

    target: str
    says: Says
    reason: str
    value: dict[str, Any]
    blind: bool
    heard: bool
    id: str
    person_id: str
    at: float


class ListenerOut(BaseModel):
    """One time somebody listened to a call, read it, exported, overrode or released it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"at": 1764115200.0, "action": "listen", "name": "C. Coach", "role": "coach"}]}
    )
    at: float
    action: str
    name: str
    role: str


class TokenIn(BaseModel):
    """A token to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "nightly upload", "scopes": ["upload", "list"], "days": 90}]},
    )
    name: str = Field(min_length=1, max_length=200)
    scopes: list[str] = Field(min_length=1, max_length=20)
    days: float | None = Field(default=None, gt=0, le=3660)


class TokenOut(BaseModel):
    """A token; `secret` is given once, when it is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "t3jXo9s8VYd0aB1c",
                    "name": "nightly upload",
                    "scopes": ["upload"],
                    "expires_at": None,
                    "secret": None,
                }
            ]
        }
    )
    id: str
    name: str
    scopes: list[str]
    expires_at: float | None
    secret: str | None = None


class WebhookIn(BaseModel):
    """Where to tell that a call is done or failed."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://qa.example.com/timbre", "account": ""}]}
    )
    url: str = Field(max_length=2000, description="https, a public address, no user name, no fragment")
    account: str = Field(default="", max_length=200, description="name of the account; left out: one's own")


class WebhookOut(BaseModel):
    """A webhook; `secret`, which signs what it is sent, is given once, when it is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "w3jXo9s8VYd0aB1c",
                    "account": "house",
                    "url": "https://qa.example.com/timbre",
                    "created_at": 1764115200.0,
                    "secret": None,
                }
            ]
        }
    )
    id: str
    account: str
    url: str
    created_at: float
    secret: str | None = None


def call_out(call: Call, viewer: Viewer, problem: str | None) -> CallOut:
    """A call as this viewer may have it."""
    return CallOut.model_validate(fields_of(call, viewer, problem))


def fields_of(call: Call, viewer: Viewer, problem: str | None) -> dict[str, Any]:
    """Its fields; the file's name may hold the agent's, so auditors get none."""
    hidden = viewer.role == "auditor"
    return {
        "id": call.id,
        "name": call.id if hidden else call.name,
        "started_at": call.started_at,
        "received_at": call.received_at,
        "campaign_id": call.campaign_id,
        "team_id": call.team_id,
        "agent": agent_shown(viewer, call),
        "external_id": "" if hidden else call.external_id,
        "direction": call.direction,
        "language": call.language,
        "duration_s": call.duration_s,
        "state": call.state,
        "problem": problem,
        "open_moments": call.open_moments,
        "released": call.released_at is not None,
    }
