"""Compiled templates that environments share: those of each language and folder have mostly the same files."""

from collections import OrderedDict
from threading import Lock
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_MOST = 1000


class CompiledTemplates(BytecodeCache):
    """The compiled templates of this process, by their files, sources and everything that compiling depends on.

    Jinja evaluates filters of constants when it compiles. Where they depend on the language, it must be among an
    environment's globals.
    """

    def __init__(self) -> None:
        self._codes: OrderedDict[tuple[object, ...], CodeType] = OrderedDict()
        self._lock = Lock()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a bucket its code if it is compiled."""
        with self._lock:
            bucket.code = self._codes.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a bucket."""
        if bucket.code is None:
            return
        with self._lock:
            self._codes[_key(bucket)] = bucket.code
            while len(self._codes) > _MOST:
                self._codes.popitem(last=False)


def _key(bucket: Bucket) -> tuple[object, ...]:
    environment = bucket.environment
    return (
        bucket.key,
        bucket.checksum,
        environment.autoescape,
        tuple(environment.extensions),
        environment.globals.get("language"),
    )


COMPILED = CompiledTemplates()
