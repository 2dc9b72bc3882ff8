"""Keys of JSON: one that stands twice in an object, of which each reader takes another; and how one is shown."""

import json
import re
from typing import NamedTuple

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]')
PLAIN = re.compile(r"[A-Za-z0-9_.\[\]-]{1,120}")
LONGEST_SHOWN = 60


class Twice(NamedTuple):
    """``path`` of a key from the outermost object on, and the character at which it begins again."""

    path: str
    at: int


class _Level:
    """An object or array that is not closed yet, and where in it a reader is."""

    def __init__(self, is_object: bool) -> None:
        self.is_object, self.item = is_object, 0
        self.keys: set[str] = set()
        self.key = ""

    @property
    def step(self) -> str:
        return f".{self.key}" if self.is_object else f"[{self.item}]"


def first_twice(text: str) -> Twice | None:
    """The first key that stands twice in an object of a text, which must be JSON."""
    levels: list[_Level] = []
    word, began = "", 0
    for found in TOKEN.finditer(text):
        token = found.group()
        if token in "{[":
            levels.append(_Level(token == "{"))
        elif token in "}]":
            levels.pop()
        elif token == ",":
            levels[-1].item += 1
        elif token == ":":
            level = levels[-1]
            level.key = json.loads(word)
            if level.key in level.keys:
                return Twice("".join(each.step for each in levels).lstrip("."), began)
            level.keys.add(level.key)
        else:
            word, began = token, found.start()
    return None


def shown(path: str) -> str:
    """A path as it can be printed: in quotes and cut where it is no name of a field."""
    if PLAIN.fullmatch(path):
        return path
    quoted = json.dumps(path)
    return quoted if len(quoted) <= LONGEST_SHOWN else f'{quoted[:LONGEST_SHOWN]}..."'
