"""A request is passed on exactly when all of it is there."""

import time

import pytest

from service.incoming import LONGEST_HEAD, Incoming

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: test\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def received(*blocks: bytes, max_body: int = 100) -> Incoming:
    incoming = Incoming(max_body=max_body)
    for block in blocks:
        incoming.feed(block)
    return incoming


@pytest.mark.parametrize(
    ("request_bytes", "too_large"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n", False),
        (SIZED + b"12345", False),
        (HEAD + b"content-length:\t5 \r\n\r\n12345", False),
        (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", False),
        (CHUNKED + b"a\r\n\r\n\r\n\r\n0\r\n1\r\n000\r\nTrailer: x\r\n\r\n", False),
        (CHUNKED + b"0\r\n\r\n", False),
        (CHUNKED + b"7;x=y\r\n\n0\r\n\r\n\r\n00 \r\nA: x\r\nB: y\r\n\r\n", False),
        (HEAD + b"Content-Length: 0\r\n\r\n", False),
    ],
)
def test_it_is_whole_at_its_last_byte(request_bytes: bytes, too_large: bool) -> None:
    incoming = Incoming(max_body=100)
    for byte in request_bytes:
        assert not incoming.whole
        incoming.feed(bytes([byte]))
    assert incoming.whole
    assert incoming.too_large is too_large
    assert incoming.received == request_bytes
    assert received(request_bytes).whole


@pytest.mark.parametrize("first", [SIZED + b"12345", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"])
def test_what_follows_is_kept(first: bytes) -> None:
    incoming = received(first + b"GET / HTTP/1.1\r\n")
    assert incoming.whole
    assert incoming.received == first + b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize("wrong", [b"\r\n", b"x\r\n", b"-1\r\n", b"1x\r\n", b"5" * 9000])
def test_what_is_no_chunk_is_passed_on_to_be_refused(wrong: bytes) -> None:
    assert received(CHUNKED, b"1\r\na\r\n" + wrong, max_body=10_000).whole


@pytest.mark.parametrize("line", [b"0\r\n", b"1\r\n\n\r\n", b"\r\n0", b"a\r\n"])
def test_chunks_are_followed_in_a_time_that_grows_with_the_bytes(line: bytes) -> None:
    def seconds(size: int) -> float:
        begun = time.perf_counter()
        received(CHUNKED, line * (size // len(line)), max_body=10 * size)
        received(CHUNKED, b"%x\r\n" % (5 * size), line * (size // len(line)), max_body=10 * size)
        return time.perf_counter() - begun

    assert min(seconds(256_000) for _ in range(3)) < 2


def test_nobody_waits_for_a_body_that_is_too_large() -> None:
    assert received(SIZED, max_body=5).too_large is False
    assert received(SIZED, max_body=5).whole is False
    incoming = received(SIZED, max_body=4)
    assert incoming.too_large and incoming.whole
    incoming = received(CHUNKED, b"ffff\r\n", b"a" * 93, max_body=99)
    assert not incoming.whole
    incoming.feed(b"a")
    assert incoming.too_large and incoming.whole


def test_a_head_without_an_end_is_passed_on_to_be_refused() -> None:
    incoming = received(HEAD + b"X: " + b"a" * LONGEST_HEAD)
    assert incoming.whole


def test_the_end_of_the_head_may_be_cut_anywhere() -> None:
    for cut in range(len(SIZED)):
        assert received(SIZED[:cut], SIZED[cut:] + b"12345").whole


def test_a_client_that_asks_is_told_once_to_go_on() -> None:
    incoming = received(HEAD + b"expect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
    assert incoming.wants_continue()
    assert not incoming.wants_continue()
    assert b"xpect" not in incoming.received
    incoming.feed(b"1234")
    assert not incoming.whole
    incoming.feed(b"5")
    assert incoming.whole
    assert incoming.received == SIZED + b"12345"
    assert not received(SIZED).wants_continue()


def test_only_a_post_may_ask_for_predictions() -> None:
    assert received(SIZED).predicts
    assert not received(b"GET /v1/predict HTTP/1.1\r\nHost: test\r\n\r\n").predicts
