"""What the two endpoints accept."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, TypeAdapter, field_validator

HTTP_URL = TypeAdapter(Annotated[AnyHttpUrl, Field(max_length=2048)])


class IssueRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    userId: str = Field(min_length=1, max_length=255)
    name: str | None = Field(None, max_length=255)
    image: str | None = Field(None, max_length=2048)
    custom: dict[str, Any] | None = None
    expiresIn: int | None = Field(None, ge=60, le=86_400)

    @field_validator("userId")
    @classmethod
    def no_control_characters(cls, value):
        if len(value.encode()) > 255 or not value.isprintable():
            raise ValueError("userId")
        return value

    @field_validator("image")
    @classmethod
    def absolute_url(cls, value):
        if value is not None:
            HTTP_URL.validate_python(value)
        return value

    def custom_text(self):
        if self.custom is None:
            return None
        text = orjson.dumps(self.custom)
        if len(text) > 5120:
            raise ValueError("custom")
        return text.decode()


class VerifyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str
    expect: Literal["rest", "ws"]
