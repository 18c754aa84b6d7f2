"""What the JSONB columns of Enrichment hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, RootModel, model_validator

Text = Annotated[str, Field(min_length=1, max_length=256)]
Link = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+[^\s]*$", max_length=500)]
Color = Annotated[int, Field(ge=0, le=0xFFFFFF)]

SECRETS = frozenset({"password_hash", "token_hash", "refresh_token_hash"})


class Document(BaseModel):
    """A field may be absent, then its default holds; an unknown field or a null is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DeviceInfo(Document):
    """What a client says it is."""

    os: Text
    client: Literal["desktop", "web", "mobile"]
    version: Annotated[str, Field(pattern=r"^\d+(\.\d+){1,3}$")]
    model: Text = "unknown"


class Notifications(Document):
    """Of what a user wants to hear, and when not."""

    level: Literal["all", "mentions", "none"] = "mentions"
    sounds: bool = True
    email_digest: Literal["off", "daily", "weekly"] = "off"
    quiet_from: Annotated[int, Field(ge=0, le=23)] = 0
    quiet_until: Annotated[int, Field(ge=0, le=23)] = 0
    muted_servers: tuple[UUID, ...] = ()


class Privacy(Document):
    """What others may see and do."""

    direct_messages: Literal["everyone", "friends", "nobody"] = "everyone"
    show_activity: bool = True
    allow_ai_analysis: bool = True


class Accessibility(Document):
    """How the client is shown."""

    font_scale: Annotated[float, Field(ge=0.75, le=2, allow_inf_nan=False)] = 1
    reduced_motion: bool = False
    high_contrast: bool = False
    screen_reader: bool = False


class WelcomeChannel(Document):
    """A channel that newcomers are sent to."""

    channel_id: UUID
    description: Annotated[str, Field(min_length=1, max_length=140)]


class WelcomeScreen(Document):
    """What newcomers see first."""

    description: Annotated[str, Field(max_length=500)] = ""
    channels: Annotated[tuple[WelcomeChannel, ...], Field(max_length=5)] = ()


class AutoModeration(Document):
    """What is stopped before anybody reads it."""

    toxicity_limit: Annotated[float, Field(ge=0, le=1)] = 1
    mention_limit: Annotated[int, Field(ge=1, le=100)] = 20
    blocked_words: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    action: Literal["flag", "hide", "timeout"] = "flag"


def _without_secrets(values: dict[str, Any]) -> dict[str, Any]:
    if not values:
        raise ValueError("a log entry says what was changed")
    if secret := SECRETS & values.keys():
        raise ValueError(f"no secret belongs in the log: {', '.join(sorted(secret))}")
    return values


class LoggedValues(RootModel[Annotated[dict[str, Any], AfterValidator(_without_secrets)]]):
    """Columns of a row, by name, before or after a change."""


class EmbedField(Document):
    """A line of a card."""

    name: Text
    value: Annotated[str, Field(min_length=1, max_length=1024)]
    inline: bool = False


class Embed(Document):
    """A card below a message, mostly made of a link."""

    type: Literal["rich", "link", "image", "video", "article"] = "rich"
    title: Text
    description: Annotated[str, Field(max_length=4096)] = ""
    url: Link
    color: Color = 0
    fields: Annotated[tuple[EmbedField, ...], Field(max_length=25)] = ()


class Embeds(RootModel[Annotated[tuple[Embed, ...], Field(max_length=10)]]):
    """The cards of a message, in order."""


class Activity(Document):
    """A game or a party that a message invites to."""

    type: Literal["join", "spectate", "listen", "join_request"]
    party_id: Text


class Application(Document):
    """The application that an activity or a command belongs to, as it was called then."""

    name: Text
    icon_url: Link
    verified: bool = False


class MessageReference(Document):
    """What a message answers or passes on: by ids, which stay when the message is gone."""

    type: Literal["reply", "forward", "pin"]
    channel_id: UUID
    message_id: UUID
    message_created_at: AwareDatetime


class Button(Document):
    """Something to press: opens a link, or tells the application its custom_id."""

    style: Literal["primary", "secondary", "danger", "link"]
    label: Annotated[str, Field(min_length=1, max_length=80)]
    custom_id: Annotated[str, Field(pattern=r"^[a-z0-9_:-]{1,100}$")] = "none"
    url: Link = "https://example.com/"
    disabled: bool = False

    @model_validator(mode="after")
    def leads_somewhere(self) -> Button:
        """A link has a url, every other button a custom_id, and none has both."""
        if ("url" in self.model_fields_set) != (self.style == "link"):
            raise ValueError("a url belongs to the style link, and to no other")
        if ("custom_id" in self.model_fields_set) == (self.style == "link"):
            raise ValueError("a custom_id belongs to every style but link")
        return self


class ButtonRow(Document):
    """Buttons beside each other."""

    buttons: Annotated[tuple[Button, ...], Field(min_length=1, max_length=5)]


class Components(RootModel[Annotated[tuple[ButtonRow, ...], Field(max_length=5)]]):
    """What can be pressed below a message, row by row."""


class Sticker(Document):
    """A picture instead of words."""

    name: Annotated[str, Field(min_length=2, max_length=30)]
    format: Literal["png", "apng", "lottie", "gif"]


class StickerItems(RootModel[Annotated[tuple[Sticker, ...], Field(max_length=3)]]):
    """The stickers of a message."""


class Entity(Document):
    """Something that a message speaks of."""

    text: Text
    kind: Literal["person", "place", "organization", "product", "time", "link", "code"]
    confidence: Annotated[float, Field(ge=0, le=1)] = 1


class Entities(RootModel[Annotated[tuple[Entity, ...], Field(max_length=100)]]):
    """What an analysis found in a message, in order."""


class ChecklistItem(Document):
    """One step of a task."""

    text: Text
    done: bool = False


class Checklist(RootModel[Annotated[tuple[ChecklistItem, ...], Field(max_length=100)]]):
    """The steps of a task, in order."""


CONTRACTS: dict[str, type[BaseModel]] = {
    "user_sessions.device_info": DeviceInfo,
    "user_preferences.notifications": Notifications,
    "user_preferences.privacy": Privacy,
    "user_preferences.accessibility": Accessibility,
    "server_settings.welcome_screen": WelcomeScreen,
    "server_settings.auto_moderation": AutoModeration,
    "audit_logs.old_values": LoggedValues,
    "audit_logs.new_values": LoggedValues,
    "messages.embeds": Embeds,
    "messages.activity": Activity,
    "messages.application": Application,
    "messages.message_reference": MessageReference,
    "messages.components": Components,
    "messages.sticker_items": StickerItems,
    "ai_analysis.entities": Entities,
    "tasks.checklist": Checklist,
}
