"""What the JSONB columns of AIPromote hold: eight of its models, the audit trail, and what goes through its queues."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Short = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=5000)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=500)]
Hashtag = Annotated[str, Field(pattern=r"^#\w{1,60}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Day = Annotated[str, Field(pattern=r"^(monday|tuesday|wednesday|thursday|friday|saturday|sunday)$")]
Hour = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Count = Annotated[int, Field(ge=0)]
Platform = Literal["x", "linkedin", "instagram", "facebook", "threads", "tiktok", "youtube"]
ContentType = Literal["post", "thread", "article", "image", "carousel", "video", "story", "poll"]


class Document(BaseModel):
    """A field may be absent, then its default holds; an unknown field or a null is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class OrganizationProfile(Document):
    """What an organization does and for whom; what every prompt begins with."""

    pitch: Text = ""
    audience: list[Short] = []
    problems: list[Short] = []
    competitors: list[Short] = []
    goals: list[Literal["awareness", "signups", "sales", "hiring", "funding", "community"]] = []


class SocialLinks(Document):
    """Where a founder is found."""

    website: Url = ""
    x: Url = ""
    linkedin: Url = ""
    instagram: Url = ""
    github: Url = ""


class Slot(Document):
    """When it is best to publish, in the organization's time zone."""

    day: Day
    hour: Hour


class Channel(Document):
    """What a strategy does on one platform."""

    platform: Platform
    posts_per_week: Annotated[int, Field(ge=0, le=50)]
    content_types: Annotated[list[ContentType], Field(min_length=1)]
    slots: list[Slot] = []


class Strategy(Document):
    """A marketing strategy as a model wrote it."""

    summary: Text
    objectives: Annotated[list[Short], Field(min_length=1, max_length=10)]
    channels: Annotated[list[Channel], Field(min_length=1)]
    themes: list[Short] = []
    measures: list[Short] = []

    @model_validator(mode="after")
    def names_a_platform_once(self) -> Strategy:
        """Two plans for one platform would contradict each other."""
        platforms = [channel.platform for channel in self.channels]
        if len(set(platforms)) < len(platforms):
            raise ValueError("a platform has one channel")
        return self


class BrandRule(Document):
    """What a rule asks for; do and avoid are shown to writers and models alike, words are looked for."""

    do: list[Short] = []
    avoid: list[Short] = []
    words: list[Short] = []
    example: Text = ""

    @model_validator(mode="after")
    def says_something(self) -> BrandRule:
        """An empty rule would be obeyed by everything."""
        if not (self.do or self.avoid or self.words):
            raise ValueError("a rule says what to do, what to avoid, or which words it is about")
        return self


class Variant(Document):
    """A piece in a platform's own wording."""

    body: Text
    hashtags: Annotated[list[Hashtag], Field(max_length=30)] = []


class PlatformVariants(RootModel[dict[Platform, Variant]]):
    """Wordings by platform; a platform that is absent gets the piece's body."""

    model_config = ConfigDict(frozen=True, strict=True)


class AiMetadata(Document):
    """How a model was asked for a piece, and what it cost."""

    prompt_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
    prompt_tokens: Count
    completion_tokens: Count
    rules_checked: Count = 0


class PlatformMetrics(Document):
    """What only some platforms measure."""

    saves: Count = 0
    profile_visits: Count = 0
    follows: Count = 0
    video_views: Count = 0
    watch_seconds: Count = 0


class Week(Document):
    """A week's sums."""

    posts: Count
    impressions: Count
    engagements: Count


class WeeklyReport(Document):
    """The coach's report on a week."""

    week: Week
    wins: list[Short] = []
    concerns: list[Short] = []
    advice: Annotated[list[Short], Field(min_length=1, max_length=5)]


class Change(BaseModel):
    """A column's value before and after; both absent where it is a secret, or long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Anything that a column can hold, null too.
    old: Any = Field(default=None, alias="from")
    new: Any = Field(default=None, alias="to")


class AuditChanges(RootModel[dict[str, Change]]):
    """What an audited change did, by column."""


class ContentRequest(Document):
    """For the queue content_generation."""

    organization_id: Id
    content_type: ContentType
    platforms: Annotated[list[Platform], Field(min_length=1)]
    topic: Text
    language: Language = "en"


class StrategyRequest(Document):
    """For the queue strategy_generation."""

    organization_id: Id
    objectives: Annotated[list[Short], Field(min_length=1, max_length=10)]


class PublishingOrder(Document):
    """For the queue publishing."""

    scheduled_post_id: Id


class CollectionOrder(Document):
    """For the queue analytics_collection: the figures of a post, so many days after it was published."""

    scheduled_post_id: Id
    days: Annotated[int, Field(ge=1, le=90)]


class Email(Document):
    """For the queue email; who sends it looks up address and language."""

    template: Literal["weekly_summary", "post_failed", "account_expires", "limit_reached", "welcome"]
    user_id: Id
    weekly_summary_id: Id = ""


class JobPayload(RootModel[ContentRequest | StrategyRequest | PublishingOrder | CollectionOrder | Email]):
    """What a job of one of the five queues says."""

    model_config = ConfigDict(frozen=True, strict=True)


CONTRACTS: dict[str, type[BaseModel]] = {
    "organizations.profile": OrganizationProfile,
    "founders.social_links": SocialLinks,
    "ai_strategies.strategy": Strategy,
    "brand_rules.definition": BrandRule,
    "content_pieces.platform_variants": PlatformVariants,
    "content_pieces.ai_metadata": AiMetadata,
    "analytics.metrics": PlatformMetrics,
    "weekly_summaries.report": WeeklyReport,
    "audit_log.changes": AuditChanges,
    "jobs.payload": JobPayload,
    "dead_jobs.payload": JobPayload,
    "done_jobs.payload": JobPayload,
}
