"""Classes of named values, as dataclasses are, whose methods are not compiled anew for each of them.

To define a frozen dataclass with slots takes 3.5 million instructions in CPython 3.11, about a millisecond, since six
methods are compiled. A run needs fifty such classes. A record takes a tenth of that: its methods, shared by all, go by
its fields. To create one takes about a microsecond longer, so that what exists for each request or series is no record.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass
from typing import TYPE_CHECKING, Any, Never

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> Callable[[type], type]:
        """Make a class a dataclass, with the arguments of that; :mod:`dataclasses` has the functions for its fields."""
        methods = _METHODS | (_FROZEN if frozen else {"__hash__": None})

        def made(cls: type) -> type:
            cls.__doc__ = cls.__doc__ or cls.__name__  # or else its signature, for which much is imported
            cls = dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            for name in methods.keys() - vars(cls).keys():
                setattr(cls, name, methods[name])
            return cls

        return made


def _init(self: Any, *values: object, **named: object) -> None:
    given = {**dict(zip(self.__match_args__, values, strict=False)), **named}
    if len(given) < len(values) + len(named):
        raise TypeError(f"{type(self).__name__} is given too many values, or one twice")
    for name, field in self.__dataclass_fields__.items():
        value = given.pop(name) if name in given and field.init else _default(self, field)
        object.__setattr__(self, name, value)
    if given:
        raise TypeError(f"{type(self).__name__} has no field {', '.join(given)}")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _default(self: object, field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is MISSING:
        raise TypeError(f"{type(self).__name__} needs a value for {field.name}")
    return field.default_factory()


def _repr(self: Any) -> str:
    shown = [field.name for field in self.__dataclass_fields__.values() if field.repr]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _compared(self: Any) -> tuple[object, ...]:
    return tuple(getattr(self, field.name) for field in self.__dataclass_fields__.values() if field.compare)


def _eq(self: object, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_compared(self))


def _refuse(self: object, name: str, *_: object) -> Never:
    raise FrozenInstanceError(f"cannot change the field {name!r} of {type(self).__name__}")


_METHODS = {"__init__": _init, "__repr__": _repr, "__eq__": _eq}
_FROZEN = {"__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse}
