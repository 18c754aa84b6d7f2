"""What the JSONB columns of Community hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=500)]
Path = Annotated[str, Field(pattern=r"^/[^\s]*$", max_length=500)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$")]
Count = Annotated[int, Field(ge=0)]
EmailType = Literal["welcome", "reply", "event_reminder", "digest", "newsletter"]


class Document(BaseModel):
    """A field may be absent, then its default holds; an unknown field or a null is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Preferences(Document):
    """What a user wants to hear of, and how the product is shown to him."""

    digest: Literal["off", "daily", "weekly"] = "weekly"
    muted: list[EmailType] = []
    theme: Literal["system", "light", "dark"] = "system"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    time_zone: Annotated[str, Field(pattern=r"^[A-Za-z]+(?:/[A-Za-z_+-]+)*$", max_length=64)] = "UTC"


class CommunitySettings(Document):
    """How a community is run."""

    accent_color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#3366cc"
    joining: Literal["open", "approval", "invitation"] = "open"
    posting: Literal["members", "staff"] = "members"
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    rules: Annotated[list[Text], Field(max_length=20)] = []


class NotificationData(Document):
    """What a notification shows beside who and what it is about."""

    title: Text = ""
    excerpt: Annotated[str, Field(max_length=300)] = ""
    path: Path = "/"


class ActivityMetadata(Document):
    """What a line of the activity feed shows; it stays right when its subject is renamed."""

    title: Text = ""
    tier: Text = ""


class EmailPayload(Document):
    """What a mail's template is filled with; its template is the one of email_type."""

    subject: Text
    name: Text = "there"
    url: Url = "https://community.example.com/"
    items: Annotated[list[Text], Field(max_length=50)] = []


class EmailJob(Document):
    """A job of the queue email: which mail it is about."""

    email_job_id: Id


class FeedbackDetails(Document):
    """What the mail provider says about a report."""

    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] = "2.0.0"
    diagnostic: Annotated[str, Field(max_length=500)] = ""
    remote_host: Annotated[str, Field(pattern=r"^[a-z0-9.-]+$", max_length=253)] = "unknown"


class EventProperties(Document):
    """Where something happened in the product. Nothing in it identifies a person."""

    path: Path = "/"
    source: Literal["web", "ios", "android", "email"] = "web"
    referrer: Literal["direct", "search", "social", "email", "link"] = "direct"
    results: Count = 0
    duration_ms: Count = 0


CONTRACTS: dict[str, type[BaseModel]] = {
    "profiles.preferences": Preferences,
    "communities.settings": CommunitySettings,
    "notifications.data": NotificationData,
    "activity.metadata": ActivityMetadata,
    "email_jobs.payload": EmailPayload,
    "email_feedback.details": FeedbackDetails,
    "analytics_events.properties": EventProperties,
    "jobs.payload": EmailJob,
    "dead_jobs.payload": EmailJob,
    "done_jobs.payload": EmailJob,
}
