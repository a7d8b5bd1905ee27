"""What a worker process does when it does not do as it should. Imports little: each starts a process of its own."""

from __future__ import annotations

import os
import time

import msgspec

from engine.sources import grib_worker


def hang(pipe) -> None:
    pipe.recv_bytes()
    time.sleep(600)


def die(pipe) -> None:
    pipe.recv_bytes()
    os._exit(9)


def babble(pipe) -> None:
    pipe.recv_bytes()
    pipe.send_bytes(b"\xff\xff not an answer")


def absent(pipe) -> None:
    pipe.recv_bytes()
    pipe.send_bytes(msgspec.msgpack.encode(grib_worker.Refused("no ecCodes here", lasting=True)))


def die_or_serve(pipe) -> None:
    """Die on the first message that asks for a radius of 7 km; else serve."""
    raw = pipe.recv_bytes()
    if msgspec.msgpack.decode(raw, type=grib_worker.Ask).radius_km == 7.0:
        os._exit(9)
    pipe.send_bytes(msgspec.msgpack.encode(grib_worker._answer(raw)))
    grib_worker.serve(pipe)


def answer_all(pipe) -> None:
    """Answer without decoding: a process that starts at once."""
    while True:
        try:
            pipe.recv_bytes()
        except EOFError:
            return
        row = bytes(24)
        pipe.send_bytes(msgspec.msgpack.encode(grib_worker.Sampled((), row)))
