"""The schema of the `docker` package, derived from the SDK; Pulumi generates programs from it.

It runs as a separate program, `python -m causeway.provider.protocol.schema`, because it needs the
whole SDK, which the plugin does not import. The schema describes resource types and their objects,
not functions.
"""

from __future__ import annotations

import inspect
import json
import sys
import typing
from enum import Enum
from typing import Any

import pulumi
import pulumi_docker
from pulumi import _types

from . import sdk

_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string"}
_REFERENCE = "#/types/"


def schema(tokens: list[str]) -> dict[str, Any]:
    """The schema of the resource types `tokens`, in the form of Pulumi's metaschema."""
    objects: dict[str, Any] = {}
    resources = {token: _resource(token, objects) for token in sorted(tokens)}
    return {
        "name": "docker",
        "version": sdk.version(),
        # `docker:index/container:Container` belongs to the module `index`.
        "meta": {"moduleFormat": "(.*)(?:/[^/]*)"},
        "types": objects,
        "resources": resources,
    }


def _resource(token: str, objects: dict[str, Any]) -> dict[str, Any]:
    name = token.rsplit(":", 1)[-1]
    kind, arguments = getattr(pulumi_docker, name), getattr(pulumi_docker, f"{name}Args")
    inputs = _properties(_types.input_type_types(arguments), objects)
    outputs = _properties(_types.resource_types(kind), objects)
    return {
        "inputProperties": inputs,
        "requiredInputs": _required(arguments),
        "properties": outputs,
    }


def _required(arguments: type) -> list[str]:
    """The inputs without a default, by their property names in Pulumi."""
    wire = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters.values()
    return sorted(wire[each.name] for each in parameters if each.default is inspect.Parameter.empty)


def _properties(types: dict[str, Any], objects: dict[str, Any]) -> dict[str, Any]:
    return {name: _type(each, objects) for name, each in sorted(types.items())}


def _type(given: Any, objects: dict[str, Any]) -> dict[str, Any]:
    """One type of the SDK as a schema type; classes are added to `objects`."""
    choices = [each for each in _members(given) if not _is_another_form(each)]
    if len(choices) > 1:
        # An open enum: its class or any string.
        choices = [each for each in choices if each in _PLAIN] or choices
    one = choices[0] if choices else Any
    origin, inner = typing.get_origin(one), typing.get_args(one)
    if one in _PLAIN:
        return {"type": _PLAIN[one]}
    if one is Any:
        return {"$ref": "pulumi.json#/Any"}
    if origin is not None and issubclass(origin, typing.Mapping):
        return {"type": "object", "additionalProperties": _type(inner[1], objects)}
    if origin is not None:
        return {"type": "array", "items": _type(inner[0], objects)}
    if issubclass(one, Enum):
        return {"type": "string"}
    return {"$ref": _REFERENCE + _object(one, objects)}


def _members(given: Any) -> list[Any]:
    if typing.get_origin(given) is typing.Union:
        return [one for each in typing.get_args(given) for one in _members(each)]
    return [given]


def _is_another_form(given: Any) -> bool:
    """Whether a type is only another way to pass a value: as an Output, as a dict, or None."""
    origin = typing.get_origin(given) or given
    if origin is type(None) or typing.is_typeddict(origin):
        return True
    return isinstance(origin, type) and issubclass(origin, typing.Awaitable | pulumi.Output)


def _object(given: type, objects: dict[str, Any]) -> str:
    """The token of a class that describes an object; inputs and outputs share it."""
    name = given.__name__.removesuffix("Args")
    token = f"docker:index/{name}:{name}"
    if token not in objects:
        objects[token] = {"type": "object"}  # set first, for a class that contains itself
        arguments = getattr(pulumi_docker, f"{name}Args", None)
        if arguments is None:
            types = _types.output_type_types(given)
            required: list[str] = []
        else:
            types, required = _types.input_type_types(arguments), _required(arguments)
        objects[token] |= {"properties": _properties(types, objects), "required": required}
    return token


if __name__ == "__main__":
    print(json.dumps(schema(sys.argv[1:])))
