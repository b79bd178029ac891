"""The process of one call: it isolates itself, runs the function and sends the outcome."""

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
from typing import NoReturn, TypedDict

from nenc_lab.real.sandbox.isolation import isolate
from nenc_lab.real.sandbox.messages import Json, Kind, packed, write_all


class CallMessage(TypedDict, total=False):
    """The body of a CALL: the function, and its arguments as JSON or the file in the private folder that holds them."""

    target: str
    arguments: str
    file: str


def run_call(message: CallMessage, folder: int, messages: int, output: int) -> NoReturn:
    """Runs one call and ends the process, with exit code 0 when there is an outcome.

    ``messages`` and ``output`` are pipes to the server; ``folder`` is a descriptor of the private folder.
    """
    _prepare_process(output)

    def send(kind: Kind, body: bytes) -> None:
        write_all(messages, packed(kind, body))

    try:
        text = _read_and_delete(folder, message["file"]) if "file" in message else message["arguments"]
        os.close(folder)
        isolate()
        function = _function(message["target"])
        result = function(json.loads(text), lambda value: send(Kind.MESSAGE, json.dumps(value).encode()))
        outcome = Kind.RESULT, json.dumps(result).encode()
    except BaseException as error:
        outcome = Kind.RAISED, _pickled(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from here on the outcome counts
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    send(*outcome)
    os._exit(0)


def _prepare_process(output: int) -> None:
    """Gives the process a session of its own, standard streams to the server, and default signal handlers."""
    gc.freeze()  # keeps the pages that it shares with the server shared
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    os.close(output)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, encoding="utf-8") for number in (1, 2))
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _read_and_delete(folder: int, name: str) -> str:
    with open(name, encoding="utf-8", opener=lambda path, flags: os.open(path, flags, dir_fd=folder)) as file:
        text = file.read()
    os.unlink(name, dir_fd=folder)
    return text


def _function(target: str) -> Callable[[Json, Callable[[Json], None]], Json]:
    module, _, name = target.partition(":")
    function: Callable[[Json, Callable[[Json], None]], Json] = getattr(importlib.import_module(module), name)
    return function


def _pickled(error: BaseException) -> bytes:
    """Returns the traceback and, when it can be pickled, the exception itself."""
    trace = "".join(traceback.format_exception(error)).rstrip()
    head = json.dumps({"traceback": trace}).encode() + b"\0"
    try:
        body = pickle.dumps(error)
        pickle.loads(body)
    except Exception:
        return head
    return head + body
