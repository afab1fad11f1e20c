"""Converts Pulumi's wire values to plain Python and back.

Whole numbers become int, computed values become UNKNOWN. A resource's inputs never contain secrets,
assets or resource references: the servicer does not accept them, so Pulumi unwraps and marks them
itself. The provider's own settings may contain secrets: see `revealed`.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import struct_pb2  # type: ignore[import-untyped] # it brings no types

# The string that stands for a computed value on the wire (pulumi.runtime.rpc.UNKNOWN).
_UNKNOWN_ON_WIRE: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The key that marks a special value of Pulumi, and its value for a secret.
_MARK: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"


class _Unknown:
    """A value that becomes known only when something else has been created."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Unknown:
        return self


UNKNOWN: Final = _Unknown()


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The plain form of a wire struct, without Pulumi's internal keys (`__...`)."""
    return {
        key: _from_value(value) for key, value in struct.fields.items() if not key.startswith("__")
    }


def _from_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text == _UNKNOWN_ON_WIRE else text
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "bool_value":
        return value.bool_value
    if kind == "struct_value":
        return {key: _from_value(item) for key, item in value.struct_value.fields.items()}
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    return None


def without_secret_marks(value: Any) -> Any:
    """The value with its secrets in plain text: for use only, never for output."""
    if isinstance(value, list):
        return [without_secret_marks(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(_MARK) == _SECRET:
        return without_secret_marks(value.get("value"))
    return {key: without_secret_marks(each) for key, each in value.items()}


def to_struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """The wire form of plain values, without entries that are None, as Pulumi does."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        if value is not None:
            _set_value(struct.fields[key], value)
    return struct


def _set_value(target: struct_pb2.Value, value: Any) -> None:
    if value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_ON_WIRE
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif isinstance(value, str):
        target.string_value = value
    elif isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, item in value.items():
            if item is not None:
                _set_value(target.struct_value.fields[key], item)
    elif isinstance(value, list | tuple):
        target.list_value.SetInParent()
        for item in value:
            _set_value(target.list_value.values.add(), item)
    else:
        raise TypeError(f"no wire form for {type(value).__name__}")


def has_unknown(value: Any) -> bool:
    """Whether the value is or contains an unknown value."""
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(has_unknown(item) for item in value)
    return False


def objects(values: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    """The objects of the list at `key` with their indexes, without unknown ones."""
    items = values.get(key)
    if not isinstance(items, list):
        return []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, dict)]
