"""Reads the pictures of any video file that FFmpeg can read, through PyAV (the extra ``video``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nenc_lab.errors import InputError, MachineError
from nenc_lab.kernels import CData, ffi


class Movie:
    """A video file whose pictures are asked for by number, repeated for ever.

    Going back to an earlier picture decodes the file from its beginning. ``place`` names the scenario's key in errors.
    Raises MachineError without PyAV, and InputError for a file that cannot be read.
    """

    def __init__(self, file: Path, place: str) -> None:
        try:
            import av
        except ImportError:
            raise MachineError(
                f"{place}: {file} is neither Y4M nor raw NV12 with width and height; to read it, install PyAV: "
                "pip install 'nenc-lab[video]'"
            ) from None
        self._av: Any = av
        self._file, self._place = file, place
        self.width: int
        self.height: int
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        self._number = -1
        """The number of the picture that was decoded last."""
        self._count: int | None = None
        """The number of pictures; known once the end has been reached."""
        self._picture: Any = None
        self._rewind()
        self._advance()
        if self._picture is None:
            raise InputError(f"{place}: {file} contains no picture")
        self.width, self.height = self._picture.width & ~1, self._picture.height & ~1
        if not (16 <= self.width <= 16384 and 16 <= self.height <= 16384):
            raise InputError(f"{place}: {file} is {self.width}x{self.height}; each side must be 16 to 16384")

    def render(self, number: int, picture: CData) -> None:
        """Renders picture ``number`` into ``picture``, a ``nenc_picture`` in NV12."""
        self._go_to(number)
        planes = self._picture.reformat(self.width, self.height, "nv12").to_ndarray()
        for index, rows in enumerate((planes[: self.height], planes[self.height :])):
            stride, lines = picture.stride[index], len(rows)
            there = np.frombuffer(ffi.buffer(picture.plane[index], stride * lines), np.uint8).reshape(lines, stride)
            there[:, : self.width] = rows

    def _go_to(self, number: int) -> None:
        wanted = number if self._count is None else number % self._count
        if wanted < self._number:
            self._rewind()
        while self._number < wanted:
            self._advance()
            if self._picture is None:  # the end, reached for the first time
                assert self._count is not None
                self._rewind()
                wanted = number % self._count
                self._advance()

    def close(self) -> None:
        """Closes the file. May be called more than once."""
        if self._container is not None:
            self._container.close()
            self._container = None

    def _rewind(self) -> None:
        self.close()
        self._number, self._picture = -1, None
        try:
            self._container = self._av.open(str(self._file))
            if not self._container.streams.video:
                raise InputError(f"{self._place}: {self._file} contains no video")
            self._frames = self._container.decode(self._container.streams.video[0])
        except (self._av.FFmpegError, OSError) as error:
            raise InputError(f"{self._place}: {self._file} cannot be read: {error}") from None

    def _advance(self) -> None:
        """Decodes the next picture. At the end it is None, and the number of pictures is known from then on."""
        try:
            self._picture = next(self._frames, None)
        except self._av.FFmpegError as error:
            raise InputError(
                f"{self._place}: {self._file}: picture {self._number + 1} cannot be read: {error}"
            ) from None
        if self._picture is None:
            self._count = self._number + 1
        else:
            self._number += 1
