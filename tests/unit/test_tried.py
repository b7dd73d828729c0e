"""Several things are each tried; what failed is told at the end, without what a library's error may quote."""

import pytest

from conf.schema.errors import FieldstoneError
from pipeline.failures import Tried, message


def attempted(**errors: Exception | None) -> tuple[Tried, list[str]]:
    tried, done = Tried(), []
    for name, error in errors.items():
        with tried.each(name):
            if error:
                raise error
            done.append(name)
    return tried, done


def test_the_others_go_on_and_nothing_is_raised_where_nothing_failed():
    tried, done = attempted(a=None, b=ValueError("x"), c=None)
    assert (done, list(tried.failed)) == (["a", "c"], ["b"])
    attempted(a=None)[0].end()


def test_one_error_is_raised_as_it_is():
    with pytest.raises(ValueError, match=r"^x$"):
        attempted(a=None, b=ValueError("x"))[0].end()


def test_several_are_told_each_once_and_what_failed_alike_is_told_together():
    same = [FieldstoneError("no file") for _ in range(2)]
    with pytest.raises(FieldstoneError) as caught:
        attempted(a=same[0], b=ValueError("500102198001010011"), c=same[1])[0].end()
    assert str(caught.value) == (
        "3 things failed, the others went on: a, c: no file; b: stopped by the system: ValueError; put the cause "
        "right and run it again (FIELDSTONE_DEBUG=1 shows the traceback, which may hold data)"
    )


def test_an_interrupt_of_a_person_is_no_error_to_go_on_after():
    with pytest.raises(KeyboardInterrupt):
        attempted(a=None, b=KeyboardInterrupt())  # type: ignore[arg-type]


def test_an_error_of_the_system_is_named_by_its_number():
    assert "File too large" in message(OSError(27, "x"))
    assert "No space left on device" in message(Exception("Generic LocalFileSystem error (os error 28)"))
