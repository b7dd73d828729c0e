"""Random streams of the sandbox: one enum names them, and each is drawn from in one place."""

import ast
from itertools import chain

from conf.schema.workspace import load
from sandbox.county.random_streams import Stream
from tests.policy.sources import files, findings, parsed

OF_AN_ASSET = (Stream.GAPS, Stream.DEFECTS)  # whose numbers go on from there, one per asset


def calls(source: str, method: str) -> list[ast.Call]:
    """Calls of a method in a text, whoever has it."""
    nodes = (node for node in ast.walk(parsed(source)) if isinstance(node, ast.Call))
    return [node for node in nodes if isinstance(node.func, ast.Attribute) and node.func.attr == method]


def streams(source: str) -> list[str]:
    """The streams that a text draws from, as it writes them."""
    return [ast.unparse(call.args[1]) if len(call.args) > 1 else "" for call in calls(source, "rng")]


def test_each_stream_is_drawn_from_in_one_place():
    drawn = chain.from_iterable(map(streams, (path.read_text(encoding="utf-8") for path in files("sandbox"))))
    assert sorted(drawn) == sorted(f"Stream.{stream.name}" for stream in Stream), (
        "scope.rng(chunk, Stream.NAME): give what is drawn a stream of its own in sandbox/county/random_streams.py"
    )


def test_generators_are_made_of_a_stream_alone():
    makers = findings(files("sandbox"), lambda source: [ast.unparse(call) for call in calls(source, "default_rng")])
    assert list(makers) == ["sandbox/county/scope.py"], "ask scope.rng for a generator; it makes all of them"


def test_streams_of_assets_meet_no_other():
    first, second = sorted(OF_AN_ASSET)
    assert max(stream for stream in Stream if stream not in OF_AN_ASSET) < first, f"number streams below {first}"
    assert len(load().contracts) < second - first, "leave more numbers between the streams that assets have each"


def test_the_rule_sees_numbers_and_missing_streams():
    seen = [streams(f"rng = scope.rng({arguments})") for arguments in ("chunk, 7", "chunk", "chunk, Stream.GAPS, 3")]
    assert seen == [["7"], [""], ["Stream.GAPS"]], "let `streams` tell each call of a method `rng`"
