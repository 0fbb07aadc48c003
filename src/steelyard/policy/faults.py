"""What pydantic finds wrong with a policy or an account, told in one sentence with a place."""

from collections.abc import Mapping
from typing import Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from steelyard.domain.errors import PolicyError
from steelyard.policy.place import Path, Source, nearest
from steelyard.policy.values import percent, shown

_MUST: Final = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a smaller whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be above {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be below {lt:g}",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters long",
}
Document = TypeVar("Document", bound=BaseModel)
_LARGEST: Final = 2**63 - 1
_ID: Final = "must begin with a small letter and hold small letters, digits and _ only"
_TITLE: Final = "must begin with a letter or digit and hold letters, digits, spaces, . _ - only"


def document_of(model: type[Document], table: Mapping[str, object], source: Source) -> Document:
    """Return a file's content as a document.

    Parameters
    ----------
    model : type
        The shape of the whole file.
    table : mapping
        The file as the TOML parser gives it, settings put in.
    source : Source
        Where each key stands.

    Raises
    ------
    PolicyError
        At the first fault in the file's order.
    """
    version = table.get("schema")
    if version is None:
        raise PolicyError(f"{source.name}: the key schema is missing; write schema = 1 at the top")
    if version != 1 or isinstance(version, bool):
        sentence = f"schema is {shown(version)}; this version reads schema = 1 only"
        raise source.refuse(("schema",), sentence)
    _check_integers(table, source)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise PolicyError(_first(model, error.errors(include_url=False), source)) from None


def _check_integers(table: Mapping[str, object], source: Source) -> None:
    # A loop, because the parser lets inline tables nest deeper than this could call itself.
    waiting: list[tuple[Path, object]] = [((key,), value) for key, value in table.items()]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, int) and abs(value) > _LARGEST:
            sentence = f"{_named(path)} is a whole number beyond what TOML allows, 64 bits"
            raise source.refuse(path, sentence)
        if isinstance(value, dict):
            waiting.extend(((*path, str(key)), inner) for key, inner in value.items())
        if isinstance(value, list):
            waiting.extend(((*path, number), inner) for number, inner in enumerate(value))


def _first(model: type[BaseModel], details: list[ErrorDetails], source: Source) -> str:
    """Return the refusal of the fault that stands first in the file."""

    def position(detail: ErrorDetails) -> int:
        path = _path(detail, source)
        while path and path not in source.spots:
            path = path[:-1]
        return source.spots[path].key if path else len(source.text)

    detail = min(details, key=position)
    path = _path(detail, source)
    return str(source.refuse(path, _sentence(model, detail, path)))


def _path(detail: ErrorDetails, source: Source) -> Path:
    """Return the path of a fault without what pydantic adds to it."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    while path and path not in source.spots and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _sentence(model: type[BaseModel], detail: ErrorDetails, path: Path) -> str:
    where = _named(path)
    kind = detail["type"]
    context = detail.get("ctx", {})
    value = detail["input"]
    if kind == "extra_forbidden":
        allowed = _keys(model, path[:-1])
        options = ", ".join(allowed)
        return f"unknown key {where}; allowed are: {options}{nearest(str(path[-1]), allowed)}"
    if kind == "missing":
        return f"the key {where} is missing"
    if kind == "policy":
        return f"{where} {context['sentence']}"
    if kind == "literal_error":
        options = str(context["expected"]).replace("True", "true")
        return f"{where} is {shown(value)}, must be {options}{_near(value, context)}"
    if kind == "string_pattern_mismatch":
        return f"{where} is {shown(value)}, {_TITLE if path == ('name',) else _ID}"
    must = _MUST.get(kind, "is not allowed").format(**context)
    hint = percent(value, context["le"]) if kind == "less_than_equal" and _plain(value) else ""
    return f"{where} is {shown(value)}, {must}{hint}"


def _plain(value: object) -> bool:
    return isinstance(value, float | int)


def _near(value: object, context: Mapping[str, object]) -> str:
    options = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
    return nearest(str(value), options) if isinstance(value, str) else ""


def _named(path: Path) -> str:
    """Return a path as people write it: ``triggers[2].effect.hedge`` counts from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that a table of a file may hold."""
    for part in path:
        if isinstance(part, int):
            continue
        for name, info in model.model_fields.items():
            if (info.alias or name) == part:
                model = _model(info.annotation) or model
    return [info.alias or name for name, info in model.model_fields.items()]


def _model(annotation: object) -> type[BaseModel] | None:
    """Return the table that an annotation speaks of, if any."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner))), None)
