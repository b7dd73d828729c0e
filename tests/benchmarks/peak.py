"""What memory a command takes, with all processes that it starts: an engine of its own, workers."""

import threading

import psutil


class Peak:
    """Highest resident memory of a process and its children while it is open, looked at twenty times a second.

    Attributes:
        bytes: of all of them together.
    """

    def __init__(self, pid: int) -> None:
        self.bytes, self._pid, self._ended = 0, pid, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Look once; a process that ends meanwhile is passed over."""
        try:
            root = psutil.Process(self._pid)
            family = [root, *root.children(recursive=True)]
            self.bytes = max(self.bytes, sum(member.memory_info().rss for member in family))
        except psutil.Error:
            return

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.look()
