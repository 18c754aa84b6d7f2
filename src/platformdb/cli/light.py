"""Keeps pydantic out of command lines that need none: it takes longer to import than most commands take to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def lighten(command: Any) -> Any:
    """Typer's command and those below it, made to ask for a validator only where a value needs one; returned.

    Typer 0.29 builds a pydantic validator for every option, given or not, --help among them (measured: 70 ms of 160).
    Typer 0.28 has none.
    """
    list_parameters = command.get_params
    command.get_params = lambda context: [_lightened(each) for each in list_parameters(context)]
    for child in getattr(command, "commands", {}).values():
        lighten(child)
    return command


@dataclass(frozen=True, slots=True)
class Lazily:
    """Stands in for the function that makes a parameter's validator, and for the validator."""

    build: Callable[[], Any]

    def __call__(self) -> Lazily:
        """The validator that Typer asks for."""
        return self

    def coerce(self, value: Any, *, param: Any, ctx: Any) -> Any:
        """The value itself where it was not given, or where text is wanted and text was given."""
        wants_text = param.type_descriptor.annotation is str and not param.multiple and param.nargs == 1
        if value is param.default or (wants_text and isinstance(value, str)):
            return value
        return self.build().coerce(value, param=param, ctx=ctx)


def _lightened(parameter: Any) -> Any:
    build = getattr(parameter, "get_runtime_param", None)
    if build is not None and not isinstance(build, Lazily):
        parameter.get_runtime_param = Lazily(build)
    return parameter
