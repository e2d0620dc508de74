"""The shape of the files that operators write, held by pydantic; its complaints become faults with places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import Fault
from bot.text.nearest import nearest
from bot.text.yamlfile import Loc, YamlFile, called

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_CLOCK = re.compile(r"(?:(\d+)d )?(\d{1,2}):(\d\d)(?::(\d\d))?")
_NAME = r"^[a-z0-9][a-z0-9-]*$"


def _seconds(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError(f"found '{text}'; expected a duration such as 30s, 15m, 6h or 2d")
    return text


def seconds(text: str) -> float:
    """`6h` → 21600.0."""
    match = _DURATION.fullmatch(text)
    assert match is not None
    return float(match[1]) * _SECONDS[match[2]]


def _clock(text: str) -> str:
    match = _CLOCK.fullmatch(text)
    if not match or int(match[2]) > 23 or int(match[3]) > 59:
        raise ValueError(f"found '{text}'; expected a time such as 09:00, 09:00:30, or 1d 09:00 for the next day")
    return text


def clock_seconds(text: str) -> float:
    """`1d 09:00:30` → seconds after the first day began."""
    match = _CLOCK.fullmatch(text)
    assert match is not None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return days * 86_400.0 + hours * 3_600.0 + minutes * 60.0 + rest


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Terms = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], BeforeValidator(_listed), Field(min_length=1)
]
Concepts = dict[str, Terms]
Severities = Literal["low", "medium", "high", "critical"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class SignalEntry(_Strict):
    """A kind of development, and the condition that recognises it."""

    severity: Severities = Field(description="How much it matters; readers subscribe from a severity upwards.")
    when: str = Field(
        description="The condition: concepts joined by and, or, not, near/N, then/N, in sentence( ), N of ( )."
    )
    unless: str | None = Field(None, description="A condition that silences the signal.")
    phase: str | None = Field(None, pattern=_NAME, description="Where the storyline stands after it.")
    about: str = Field("", description="What it means, in a sentence.")
    languages: Names = Field((), description="Only posts in these languages (ISO 639-1); unknown ones pass.")
    sources: Names = Field((), description="Only posts of these sources.")
    min_origins: int = Field(1, ge=1, le=20, description="Alert only with so many independent outlets.")


class CaseEntry(_Strict):
    """A post, and every signal that it must match."""

    post: str = Field(min_length=1, description="The text of the post.")
    title: str = ""
    language: str | None = None
    source: str = "case"
    expect: Names = Field(description="The signals that match, no others; [] for none.")
    why: str = Field("", description="A remark for people.")


class StepEntry(_Strict):
    """One post of a whole story, and what must come of it."""

    at: Annotated[str, AfterValidator(_clock)] = Field(description="09:00, or 1d 09:00 for the next day.")
    source: str
    post: str = Field(min_length=1)
    alert: Literal[
        "none", "first-report", "confirmed", "escalated", "contradicted", "corrected", "retracted", "updated"
    ] = Field(description="The alert's reason, or none.")
    title: str = ""
    language: str | None = None
    outlet: str | None = None
    forwarded_from: str | None = None
    origins: int | None = Field(None, ge=0)
    rings: bool | None = None
    edits: int | None = Field(None, ge=1, description="The step (from 1) whose post this is a later version of.")
    why: str = ""


class StorylineFile(_Strict):
    """A topic tracked over time: its concepts, its signals, and the tests that live with them."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, title="Wirewatch storyline")

    storyline: str = Field(pattern=_NAME, max_length=40, description="Its name, in every command and link.")
    title: str = Field(min_length=1, max_length=120)
    aliases: Names = Field((), description="Other names that /story understands.")
    about: str = Field("", description="What it tracks, in a sentence.")
    fresh_for: Annotated[str, AfterValidator(_seconds)] = Field(
        "24h", description="How long after publication a post may still ring."
    )
    unless: str | None = Field(None, description="A condition that silences every signal of this file.")
    concepts: Concepts = Field({}, description="Named lists of terms; shared ones come from lexicon.yaml.")
    signals: dict[str, SignalEntry] = Field(min_length=1)
    cases: tuple[CaseEntry, ...] = ()
    timeline: tuple[StepEntry, ...] = ()


class LexiconFile(_Strict):
    """Concepts that all storylines share."""

    concepts: Concepts


def schema() -> dict[str, Any]:
    """JSON Schema of a storyline file, for editors: completion and checks while writing."""
    made = StorylineFile.model_json_schema()
    text_or_list = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

    def loosen(node: Any) -> Any:
        if isinstance(node, list):
            return [loosen(child) for child in node]
        if not isinstance(node, dict):
            return node
        loose = {key: loosen(child) for key, child in node.items()}
        if loose.get("type") == "array" and loose.get("items", {}).get("type") == "string":
            kept = {key: loose[key] for key in ("title", "description", "default") if key in loose}
            return {**text_or_list, **kept}  # one text stands for a list of one
        return loose

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **loosen(made)}


def validate(model: type[_Strict], file: YamlFile) -> tuple[Any, list[Fault]]:
    """The file as `model`, or None and why not."""
    if file.data is None:
        return None, [] if file.faults else [Fault(file.path, 1, 1, "found an empty file; expected a mapping")]
    if not isinstance(file.data, dict):
        return None, [
            Fault(file.path, 1, 1, f"found {called(file.data)}; expected a mapping such as 'storyline: name'")
        ]
    try:
        return model.model_validate(file.data), []
    except ValidationError as error:
        return None, [_fault(file, model, details) for details in error.errors(include_url=False)]


def _fault(file: YamlFile, model: type[_Strict], details: ErrorDetails) -> Fault:
    loc: Loc = tuple(part for part in details["loc"] if part != "[key]")
    kind, found, name = details["type"], details["input"], str(details["loc"][-1])
    limits = details.get("ctx", {})
    if isinstance(loc[-1], int) and len(loc) > 1:
        name = f"{loc[-2]}[{loc[-1] + 1}]"
    if kind == "extra_forbidden":
        fields = _fields(model, loc[:-1])
        return file.fault(
            loc, f"found unknown field '{name}'; expected {_listing(fields)}{nearest(name, fields)}", key=True
        )
    if kind == "missing":
        where = f" in '{loc[-2]}'" if len(loc) > 1 and isinstance(loc[-2], str) else ""
        return file.fault(loc[:-1], f"field '{name}' is missing{where}", key=True)
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", limits["expected"])
        return file.fault(
            loc, f"'{name}': found {called(found)}; expected {_listing(choices)}{nearest(str(found), choices)}"
        )
    if kind == "value_error":
        return file.fault(loc, f"'{name}': {limits['error']}")
    return file.fault(loc, f"'{name}': found {called(found)}; expected {_wanted(kind, limits, details['msg'])}")


def _wanted(kind: str, limits: dict[str, Any], message: str) -> str:
    match kind:
        case "string_type":
            return "text"
        case "tuple_type" | "list_type":
            return "a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "a mapping"
        case "int_parsing" | "int_type" | "int_from_float":
            return "a whole number"
        case "bool_parsing" | "bool_type":
            return "true or false"
        case "greater_than_equal":
            return f"at least {limits['ge']}"
        case "less_than_equal":
            return f"at most {limits['le']}"
        case "too_short":
            return f"at least {limits['min_length']}"
        case "string_too_short":
            return "some text"
        case "string_too_long":
            return f"at most {limits['max_length']} characters"
        case "string_pattern_mismatch":
            return "lower-case letters, digits and '-'"
        case _:
            return message


def _listing(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def _fields(model: type[_Strict], loc: Loc) -> list[str]:
    """The fields that may stand at a place."""
    inner: dict[str, type[_Strict]] = {"signals": SignalEntry, "cases": CaseEntry, "timeline": StepEntry}
    for step in loc:
        model = inner.get(str(step), model)
    return list(model.model_fields)
