"""Stripe's objects and parameters as the installed library publishes them.

Every object that the fake answers is made by `shape`: a field that the library does not know, a
missing one, or one of another type fails the test at once. So does a parameter that it left out.
"""

import re
import sys
import typing
from types import NoneType, UnionType

import stripe
from stripe._stripe_object import StripeObject, UntypedStripeObject
from typing_extensions import is_typeddict

# What the library takes beside an endpoint's own parameters, as options of the call.
OPTIONS = frozenset(stripe.RequestOptions.__annotations__)


class UnknownParameter(Exception):
    """The installed library has no such parameter; Stripe would answer 400."""


def shape(kind, **given):
    """Return the JSON of an object of the library's class `kind`; what is optional is null."""
    fields = {
        name: annotation
        for name, annotation in kind.__annotations__.items()
        if typing.get_origin(annotation) is not typing.ClassVar
    }
    unknown = given.keys() - fields.keys()
    assert not unknown, f"{kind.__name__} has no {sorted(unknown)}"
    made = {name: given.get(name) for name in fields}
    wrong = [name for name, value in made.items() if not fits(value, fields[name])]
    assert not wrong, f"{kind.__name__}: {[(name, made[name]) for name in wrong]}"
    return made


def fits(value, annotation):
    """Tell whether a JSON value is what an annotation of the library promises."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is typing.Literal:
        return value in parts
    if origin is list:
        return isinstance(value, list) and all(fits(each, parts[0]) for each in value)
    if annotation in (NoneType, None):
        return value is None
    if annotation in (str, int, bool):
        return type(value) is annotation
    return isinstance(value, dict) and fits_inside(value, annotation)


def fits_inside(value, annotation):
    """Tell whether an object's fields are those of the library's class."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = getattr(stripe, annotation.__forward_arg__, None)
    is_typed = isinstance(annotation, type) and issubclass(annotation, StripeObject)
    if not is_typed or issubclass(annotation, UntypedStripeObject) or annotation is StripeObject:
        return True
    known = annotation.__annotations__
    return all(name in known and fits(each, known[name]) for name, each in value.items())


def check_parameters(kind, given, path=""):
    """Raise UnknownParameter for what the library's `kind` of parameters does not name."""
    named = kind.__annotations__
    for name, value in given.items():
        where = f"{path}[{name}]" if path else name
        if name not in named or (name in OPTIONS and not path):
            raise UnknownParameter(where)
        for inner in typed_dicts(named[name], sys.modules[kind.__module__]):
            for each in value if isinstance(value, list) else [value]:
                check_parameters(inner, each, where)


def typed_dicts(annotation, module):
    """Return the typed dictionaries that an annotation of a parameter names."""
    if isinstance(annotation, typing.ForwardRef):
        words = re.findall(r"\w+", annotation.__forward_arg__)
        named = [getattr(module, word, None) for word in words]
        return [each for each in named if is_typeddict(each)]
    return [each for part in typing.get_args(annotation) for each in typed_dicts(part, module)]
