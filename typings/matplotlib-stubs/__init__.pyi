# What is used of matplotlib, whose own types leave those of keywords open: add what a picture takes to using.
from contextlib import AbstractContextManager, ContextDecorator
from typing import Any

class _Rc(ContextDecorator, AbstractContextManager[None]): ...

def rc_context(rc: dict[Any, Any] | None = ..., fname: str | None = ...) -> _Rc: ...
