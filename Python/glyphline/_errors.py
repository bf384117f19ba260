"""The exceptions. Their texts are those of the program: what was wrong, where, and what to do about it."""

from __future__ import annotations

from typing import Dict, Type

__all__ = ["BusyError", "CannotCreateError", "DataError", "Error", "InputOutputError", "MissingError", "UsageError"]


class Error(Exception):
    """Any error of the library."""

    #: The kind of error, as the exit code of the program.
    code: int = 0


class UsageError(Error, ValueError):
    """An argument has an impossible value."""

    code = 64


class DataError(Error, ValueError):
    """An image, shard, model or catalog has faults."""

    code = 65


class MissingError(Error, FileNotFoundError):
    """A file is missing or cannot be opened."""

    code = 66


class CannotCreateError(Error, OSError):
    """A file cannot be created."""

    code = 73


class InputOutputError(Error, OSError):
    """Reading or writing failed, as on a full disk."""

    code = 74


class BusyError(Error, OSError):
    """Another process works in the workspace. Try again when it has finished."""

    code = 75


_CLASSES: Dict[int, Type[Error]] = {
    kind.code: kind for kind in (UsageError, DataError, MissingError, CannotCreateError, InputOutputError, BusyError)
}


def error_of(code: int, message: str) -> Error:
    """The exception for an error of the C interface."""
    error = _CLASSES.get(code, Error)(message)
    error.code = code
    return error
