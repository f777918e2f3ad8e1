"""The table ``[batch]`` of the config: how many links are sent at once, one after another."""

from pydantic import BaseModel, ConfigDict, Field


class BatchTable(BaseModel):
    """How fast a batch sends, and after how many failures in a row it stops by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    links_per_minute: int = Field(
        default=60, ge=1, le=6000, strict=True, description="a whole number from 1 to 6000"
    )
    stop_after_failures: int = Field(
        default=3, ge=1, le=1000, strict=True, description="a whole number from 1 to 1000"
    )
