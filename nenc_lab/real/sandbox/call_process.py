"""One call, seen from its own process: a world of its own, the function, its outcome."""

from __future__ import annotations

import gc
import importlib
import json
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from nenc_lab.real.sandbox.isolation import private_world
from nenc_lab.real.sandbox.messages import Kind, packed, write_all


def do(message: dict[str, Any], folder: int, told: int, said: int) -> NoReturn:
    """Ends the process, with 0 when there is an outcome."""
    _settle(said)

    def send(kind: Kind, body: bytes) -> None:
        write_all(told, packed(kind, body))

    try:
        text = _taken(folder, message["file"]) if "file" in message else message["arguments"]
        os.close(folder)
        private_world()
        result = _function(message["target"])(json.loads(text), lambda word: send(Kind.TOLD, json.dumps(word).encode()))
        outcome = Kind.RESULT, json.dumps(result).encode()
    except BaseException as error:
        outcome = Kind.RAISED, _carried(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the outcome is there
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    send(*outcome)
    os._exit(0)


def _settle(said: int) -> None:
    gc.freeze()  # what is shared with the server stays shared
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(null)
    os.close(said)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, encoding="utf-8") for number in (1, 2))
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _taken(folder: int, name: str) -> str:
    with open(name, encoding="utf-8", opener=lambda path, flags: os.open(path, flags, dir_fd=folder)) as file:
        text = file.read()
    os.unlink(name, dir_fd=folder)
    return text


def _function(target: str) -> Callable[[Any, Callable[[Any], None]], Any]:
    module, _, name = target.partition(":")
    function: Callable[[Any, Callable[[Any], None]], Any] = getattr(importlib.import_module(module), name)
    return function


def _carried(error: BaseException) -> bytes:
    trace = "".join(traceback.format_exception(error)).rstrip()
    head = json.dumps({"traceback": trace}).encode() + b"\0"
    try:
        body = pickle.dumps(error)
        pickle.loads(body)
    except Exception:
        return head
    return head + body
