"""What a real encoder films: the C core's picture source, at whatever size it is asked for."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from nenc_lab.encode.movie import Movie
from nenc_lab.encode.settings import VideoSettings
from nenc_lab.errors import InputError
from nenc_lab.kernels import check, ffi, lib

TEXT = 256
Y4M = b"YUV4MPEG2 "
WIDTHS = {360: 640, 480: 854, 720: 1280, 1080: 1920, 1440: 2560, 2160: 3840, 4320: 7680}
"""Pixels of a row by lines: 16:9, even."""


class Film:
    """Pictures by number. A context manager, closed at the end."""

    def __init__(self, settings: VideoSettings) -> None:
        self._settings = settings
        self._source: Any = ffi.NULL
        self._movie: Movie | None = None
        self.width: int = 0
        self.height: int = 0
        if settings.file is not None:
            self._open_file()
        else:
            self.resize(settings.resolution)

    @property
    def fixed(self) -> bool:
        """Whether its size is the file's."""
        return self._settings.file is not None

    def resize(self, lines: int) -> None:
        """Made pictures of ``lines`` from now on, the same scene; what is of a file stays as it is."""
        if self.fixed or lines == self.height:
            return
        settings = self._settings
        pattern = ffi.new("nenc_pattern *")
        pattern.width, pattern.height = WIDTHS[lines], lines
        pattern.seed = settings.seed
        pattern.complexity = settings.complexity
        pattern.scene_frames = round(settings.cut_ns * settings.fps / 1e9)
        made, text = ffi.new("nenc_source **"), ffi.new("char[]", TEXT)
        check(lib.nenc_source_pattern(pattern, made, text, TEXT), "nenc_source_pattern")
        lib.nenc_source_close(self._source)
        self._source = made[0]
        self.width, self.height = pattern.width, pattern.height

    def render(self, number: int, picture: Any) -> None:
        """Picture ``number`` into a ``nenc_picture`` of its size. InputError when the file has changed under us."""
        if self._movie is not None:
            self._movie.render(number, picture)
        elif lib.nenc_source_render(self._source, number, picture) < 0:
            raise InputError(f"{self._settings.file}: picture {number} cannot be read; the file ends in a picture")

    def _open_file(self) -> None:
        settings = self._settings
        assert settings.file is not None
        if settings.width is None and not _is_y4m(settings.file):
            self._movie = Movie(settings.file, f"flows.{settings.flow}.encoder.source.file")
            self.width, self.height = self._movie.width, self._movie.height
            return
        made, text = ffi.new("nenc_source **"), ffi.new("char[]", TEXT)
        path = str(settings.file).encode()
        status = lib.nenc_source_file(path, settings.width or 0, settings.height or 0, made, text, TEXT)
        if status < 0:
            raise InputError(f"flows.{settings.flow}.encoder.source.file: {ffi.string(text).decode()}")
        self._source = made[0]
        size = ffi.new("uint32_t[2]")
        check(lib.nenc_source_size(self._source, size, size + 1), "nenc_source_size")
        self.width, self.height = size

    def close(self) -> None:
        """May be called twice."""
        source, self._source = self._source, ffi.NULL
        lib.nenc_source_close(source)
        if self._movie is not None:
            self._movie.close()

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_y4m(file: Path) -> bool:
    try:
        with open(file, "rb") as clip:
            return clip.read(len(Y4M)) == Y4M
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
