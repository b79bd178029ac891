"""Compares 8-bit frames by squared error, PSNR and SSIM, computed by the C core.

A frame is given by its planes, numpy arrays of uint8 with rows first, in one of three forms:

* one 2-D array: grey
* ``(y, u, v)``: I420, where u and v have half the width and height, rounded up
* ``(y, uv)``: NV12, where uv has shape (rows, columns, 2) or (rows, 2 x columns)

Rows may have any stride, but the samples of a row must be contiguous. ``i420`` and ``nv12`` make such views of raw
bytes. Both frames of a comparison must have the same form and size; otherwise InputError says what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nenc_lab.errors import InputError
from nenc_lab.kernels import check, ffi, lib

Plane = npt.NDArray[np.uint8]
Frame = Plane | Sequence[Plane]

GREY, I420, NV12 = 0, 1, 2
"""nenc_format in quality.h."""
LARGEST = 65536
ERANGE = -5


@dataclass(frozen=True, slots=True)
class Quality:
    """A figure for each component and for all together; NaN for components that the frames do not have."""

    all: float
    y: float
    u: float
    v: float


def sse(a: Frame, b: Frame) -> tuple[int, int, int]:
    """Returns the exact sums of squared differences of Y, U and V; 0 for components that the frames do not have."""
    first, second = _pair(a, b)
    sums = ffi.new("uint64_t[3]")
    check(lib.nenc_sse(first.picture, second.picture, sums), "nenc_sse")
    return sums[0], sums[1], sums[2]


def psnr(a: Frame, b: Frame) -> Quality:
    """Returns the PSNR, 10 log10(255^2 / mse), in dB; it is infinite for equal planes.

    ``all`` uses the mean squared error over all samples, like psnr_avg of ffmpeg's psnr filter.
    """
    first, second = _pair(a, b)
    result = ffi.new("nenc_quality *")
    check(lib.nenc_psnr(first.picture, second.picture, result), "nenc_psnr")
    return Quality(result.all, *result.component)


def ssim(a: Frame, b: Frame) -> Quality:
    """Returns the structural similarity, 1 for equal planes, as x264 and ffmpeg's ssim filter compute it.

    It uses flat 8x8 windows, one every 4 samples. The original (Wang et al., "Image quality assessment", 2004) has an
    11x11 Gaussian window at every sample and gives different values. ``all`` weights planes by their samples. A plane
    narrower or lower than 8 samples gives NaN and does not count. Raises InputError when no plane is large enough.
    """
    first, second = _pair(a, b)
    result = ffi.new("nenc_quality *")
    status = lib.nenc_ssim(first.picture, second.picture, result)
    if status == ERANGE:
        raise InputError(f"frames of {first.width}x{first.height} are too small: SSIM needs a plane of at least 8x8")
    check(status, "nenc_ssim")
    return Quality(result.all, *result.component)


def i420(data: Any, width: int, height: int) -> tuple[Plane, Plane, Plane]:
    """Returns views of the planes y, u, v in the raw bytes of one I420 frame without padding (ffmpeg's yuv420p)."""
    samples, columns, rows = _raw(data, width, height)
    chroma = samples[width * height :].reshape(2, rows, columns)
    return samples[: width * height].reshape(height, width), chroma[0], chroma[1]


def nv12(data: Any, width: int, height: int) -> tuple[Plane, Plane]:
    """Returns views of the planes y, uv in the raw bytes of one NV12 frame without padding."""
    samples, columns, rows = _raw(data, width, height)
    return samples[: width * height].reshape(height, width), samples[width * height :].reshape(rows, columns, 2)


def _raw(data: Any, width: int, height: int) -> tuple[Plane, int, int]:
    if width < 1 or height < 1:
        raise InputError(f"a frame of {width}x{height} is impossible: width and height must be at least 1")
    columns, rows = (width + 1) // 2, (height + 1) // 2
    samples = np.frombuffer(data, np.uint8)
    expected = width * height + 2 * columns * rows
    if samples.size != expected:
        raise InputError(f"a 4:2:0 frame of {width}x{height} has {expected} bytes, not {samples.size}")
    return samples, columns, rows


class _Picture:
    """A frame as a C structure; keeps the arrays alive while C reads them."""

    def __init__(self, name: str, frame: Frame) -> None:
        self.planes = [frame] if isinstance(frame, np.ndarray) else list(frame)
        if len(self.planes) not in (1, 2, 3):
            raise InputError(f"frame {name} has {len(self.planes)} planes: give 1 for grey, 2 for NV12, 3 for I420")
        self.format = {1: GREY, 2: NV12, 3: I420}[len(self.planes)]
        for index, plane in enumerate(self.planes):
            self._check_plane(f"plane {index} of frame {name}", index, plane)
        self.picture = ffi.new("nenc_picture *")
        self.picture.format, self.picture.width, self.picture.height = self.format, self.width, self.height
        for index, plane in enumerate(self.planes):
            self.picture.plane[index] = ffi.cast("uint8_t *", plane.ctypes.data)
            # numpy may report any stride for a single row
            self.picture.stride[index] = plane.strides[0] if plane.shape[0] > 1 else plane[0].size

    @property
    def width(self) -> int:
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        return int(self.planes[0].shape[0])

    def _check_plane(self, name: str, index: int, plane: Any) -> None:
        if not isinstance(plane, np.ndarray) or plane.dtype != np.uint8:
            raise InputError(f"{name} is {getattr(plane, 'dtype', type(plane).__name__)}: it must be an array of uint8")
        if index == 0:
            if plane.ndim != 2 or not 1 <= min(plane.shape) <= max(plane.shape) <= LARGEST:
                raise InputError(f"{name} has shape {plane.shape}: it must be (height, width), each 1 to {LARGEST}")
        else:
            rows, columns = (self.height + 1) // 2, (self.width + 1) // 2
            shapes = [(rows, columns)] if self.format == I420 else [(rows, columns, 2), (rows, 2 * columns)]
            if plane.shape not in shapes:
                raise InputError(
                    f"{name} has shape {plane.shape}: with {self.width}x{self.height} of Y it must be {shapes[0]}"
                )
        row_bytes = plane[0].size
        if not plane[0].flags.c_contiguous or (plane.shape[0] > 1 and plane.strides[0] < row_bytes):
            raise InputError(
                f"{name} has strides {plane.strides}: a row's samples must be contiguous, and rows must not overlap"
            )


def _pair(a: Frame, b: Frame) -> tuple[_Picture, _Picture]:
    first, second = _Picture("a", a), _Picture("b", b)
    if [first.format, first.width, first.height] != [second.format, second.width, second.height]:
        raise InputError(
            f"the frames differ in form or size: {len(first.planes)} planes of {first.width}x{first.height} against "
            f"{len(second.planes)} of {second.width}x{second.height}"
        )
    return first, second
