"""What the JSONB columns of VRSS hold."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

HEX_COLOR = r"^#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$"
HTTP_URL = r"^https?://[^\s/?#]+[^\s]*$"

Color = Annotated[str, Field(pattern=HEX_COLOR)]
Weight = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]


class Document(BaseModel):
    """A field may be absent, then its default holds; an unknown field or a null is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class BackgroundConfig(Document):
    """What lies behind a profile: a colour, or an image or video by its address."""

    type: Literal["color", "image", "video"]
    value: Annotated[str, Field(max_length=2000)]
    position: Literal["center", "top", "bottom", "cover"] = "center"

    @field_validator("value")
    @classmethod
    def fits_the_type(cls, value: str, info: ValidationInfo) -> str:
        """A colour is a CSS hex colour, everything else an http or https address."""
        kind = info.data.get("type")  # absent when it is wrong itself
        if kind == "color" and not re.fullmatch(HEX_COLOR, value):
            raise ValueError("a color is written #rgb, #rgba, #rrggbb or #rrggbbaa")
        if kind in {"image", "video"} and not re.fullmatch(HTTP_URL, value):
            raise ValueError("an image or a video is given by its http or https address")
        return value


class StyleConfig(Document):
    """How a profile is set; every field has a default."""

    font: Literal["system", "sans", "serif", "mono", "handwritten"] = "system"
    font_scale: Annotated[float, Field(ge=0.75, le=2, allow_inf_nan=False)] = 1
    accent_color: Color = "#3366cc"
    text_color: Color = "#111111"
    layout: Literal["single", "two_column", "grid"] = "single"
    corner_radius: Annotated[int, Field(ge=0, le=48)] = 8
    dark_mode: bool = False


class Weights(Document):
    """How much each part adds to a post's rank."""

    recency: Weight = 1
    likes: Weight = 1
    comments: Weight = 1
    reposts: Weight = 1


class AlgorithmConfig(Document):
    """How a custom feed chooses and orders posts; its filters are rows of feed_filters."""

    sort: Literal["recent", "popular", "trending", "relevant"]
    weights: Weights = Weights()
    max_age_hours: Annotated[int, Field(ge=1, le=8760)] = 8760
    max_per_author: Annotated[int, Field(ge=1, le=100)] = 100
    include_reposts: bool = True
    include_own: bool = False


CONTRACTS: dict[str, type[BaseModel]] = {
    "user_profiles.background_config": BackgroundConfig,
    "user_profiles.style_config": StyleConfig,
    "custom_feeds.algorithm_config": AlgorithmConfig,
}
