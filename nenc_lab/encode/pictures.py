"""Gives the C core's camera the pictures of a video file that the core cannot read itself."""

from __future__ import annotations

from pathlib import Path

from nenc_lab.encode.movie import Movie
from nenc_lab.encode.settings import EncoderSettings
from nenc_lab.errors import InputError
from nenc_lab.kernels import CData, check, ffi, lib

Y4M = b"YUV4MPEG2 "


class Pictures:
    """A ``nenc_source`` whose pictures come from a `Movie`; C calls back for each picture."""

    def __init__(self, movie: Movie) -> None:
        self._movie = movie
        self._failure: BaseException | None = None
        self._handle = ffi.new_handle(self)
        made, text = ffi.new("nenc_source **"), ffi.new("char[]", 256)
        status = lib.nenc_source_callback(
            movie.width, movie.height, lib.nenc_lab_render, self._handle, made, text, len(text)
        )
        check(status, "nenc_source_callback")
        self.source: CData = made[0]

    @staticmethod
    def of(settings: EncoderSettings) -> Pictures | None:
        """Returns the pictures of the settings' file, or None where the core reads the file itself or there is none.

        Raises MachineError without PyAV, and InputError for a file that cannot be read.
        """
        file = settings.values.get("file")
        if not settings.is_real or not file or "width" in settings.values or _is_y4m(Path(str(file))):
            return None
        return Pictures(Movie(Path(str(file)), f"flows.{settings.flow}.encoder.source.file"))

    def render(self, number: int, picture: CData) -> int:
        """Renders picture ``number`` and returns a nenc_status. `raise_failure` raises the error if it fails."""
        try:
            self._movie.render(number, picture)
        except BaseException as error:
            self._failure = error
            return int(lib.NENC_ERANGE)
        return int(lib.NENC_OK)

    def raise_failure(self) -> None:
        """Raises the error that made `render` fail, if it did."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Closes source and file; the camera must be closed already. May be called more than once."""
        source, self.source = self.source, ffi.NULL
        lib.nenc_source_close(source)
        self._movie.close()


def _render(user: CData, number: int, into: CData) -> int:
    """The callback that C calls for each picture."""
    pictures: Pictures = ffi.from_handle(user)
    return pictures.render(number, into)


ffi.def_extern(name="nenc_lab_render")(_render)


def _is_y4m(file: Path) -> bool:
    try:
        with open(file, "rb") as clip:
            return clip.read(len(Y4M)) == Y4M
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from None
