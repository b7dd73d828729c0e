# What is used of threadpoolctl, which has no types of its own.
from contextlib import AbstractContextManager

def threadpool_limits(limits: int | None = ..., user_api: str | None = ...) -> AbstractContextManager[None]: ...
