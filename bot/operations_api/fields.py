"""Fields that several parts of the operations API take: texts without control characters, page sizes, moments."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from bot.channels.chat_records import WITHOUT_CONTROL_CHARACTERS

LARGEST_ID = 2**31 - 1
MAX_PAGE_SIZE = 200

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="how many at most")]
OlderThan = Annotated[
    str | None,
    Query(max_length=200, pattern=WITHOUT_CONTROL_CHARACTERS, description="`older_than` of the page before"),
]
OlderThanId = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="`older_than` of the page before")]
Name = Annotated[str, Path(max_length=100)]
RunId = Annotated[str, Path(max_length=100)]
ItemId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Moment = Annotated[
    AwareDatetime | None,
    # What lies beyond these years cannot be told in every time zone.
    Query(
        ge=datetime(1900, 1, 1, tzinfo=UTC),
        le=datetime(2200, 1, 1, tzinfo=UTC),
        description="with an offset: 2026-11-22T08:00:00+01:00",
    ),
]
Text = Annotated[str, Query(max_length=200, pattern=WITHOUT_CONTROL_CHARACTERS)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


ParameterValue = (
    Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")] | StrictBool | StrictInt | None
)
# A number with decimals is written as text: 0.1 in JSON is no longer one tenth by the time it gets here.
Parameters = Annotated[
    dict[Annotated[str, StringConstraints(max_length=100)], ParameterValue],
    Field(max_length=100, description="settings by name; decimals as text; what is missing has its default"),
]


class Body(BaseModel):
    """What a request says; a field that we do not know is refused instead of overlooked."""

    model_config = ConfigDict(extra="forbid")


class Why(Body):
    """A sentence that stands in the audit log and beside what was decided."""

    reason: Reason = Field(description="why; it stands in the audit log")
