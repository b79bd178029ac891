"""Measures the CPU time of SSIM on the same two frames in ffmpeg's ``ssim`` filter and in the C core."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import numpy as np

from nenc_lab import programs, quality
from nenc_lab.errors import MachineError

FFMPEG = programs.find("ffmpeg")
LOOPS = (30, 130)
"""Repetitions of the frame in two runs of ffmpeg. Their difference, 100 frames, excludes start-up and reading."""
PAIRS = 8
"""Copies of the two frames that the C core goes through in turn, 200 MB in 4K, so that it reads from memory."""
CALLS = 3 * PAIRS
WARM = {"MALLOC_TOP_PAD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 30)}
"""Settings that make malloc keep pages; otherwise ffmpeg spends its time in page faults for every frame."""


class Frames:
    """Two I420 frames in files for ffmpeg, and copies in memory for the C core. The files are removed on exit."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
        random = np.random.default_rng(1)
        first = np.arange(size) // 16 % 128 + random.integers(64, 72, size)
        raw = [first.astype(np.uint8), (first + random.integers(-2, 3, size)).astype(np.uint8)]
        self._pairs = [[quality.i420(data.copy(), width, height) for data in raw] for _ in range(PAIRS)]
        self._folder = tempfile.TemporaryDirectory(prefix="nenc-lab-bench-")
        self._files = [Path(self._folder.name) / name for name in ("a.yuv", "b.yuv")]
        for file, data in zip(self._files, raw, strict=True):
            data.tofile(file)

    def __enter__(self) -> Frames:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def nenc_s(self) -> float:
        """CPU seconds of one call of the C core, all planes."""
        began = time.process_time()
        for call in range(CALLS):
            a, b = self._pairs[call % PAIRS]
            quality.ssim(a, b)
        return (time.process_time() - began) / CALLS

    def ffmpeg_s(self) -> float:
        """CPU seconds of one frame in ffmpeg's filter, on one thread."""
        few, many = (self._run(loops) for loops in LOOPS)
        return (many - few) / (LOOPS[1] - LOOPS[0])

    def _run(self, loops: int) -> float:
        assert FFMPEG is not None
        graph = f"[0:v]loop=loop={loops}:size=1[a];[1:v]loop=loop={loops}:size=1[b];[a][b]ssim"
        command = [FFMPEG, "-hide_banner", "-loglevel", "error", "-nostdin", "-filter_complex_threads", "1"]
        for file in self._files:
            command += ["-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
            command += ["-video_size", f"{self.width}x{self.height}", "-i", str(file)]
        command += ["-filter_complex", graph, "-f", "null", "-"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **WARM})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise MachineError(f"ffmpeg with its ssim filter failed ({process.returncode}): see its message above")
        return usage.ru_utime + usage.ru_stime
