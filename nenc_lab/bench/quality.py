"""``quality``: PSNR relative to memory bandwidth, SSIM relative to ffmpeg and x264, on one thread, in 4K and 8K."""

from __future__ import annotations

from statistics import median

from nenc_lab.bench import Figure, Say
from nenc_lab.bench.kernels import figures, timed
from nenc_lab.programs import program

KERNELS = {
    "quality.psnr_4k_ns": "ns: two 4K I420 frames in memory, all planes",
    "quality.psnr_4k_vs_bandwidth": "its bytes a second over those of the best loop that only reads both",
    "quality.psnr_8k_ns": "ns: two 8K I420 frames",
    "quality.psnr_8k_vs_bandwidth": "its bytes a second over those of reading",
    "quality.ssim_4k_ns": "ns: two 4K I420 frames in memory, all planes",
    "quality.ssim_8k_ns": "ns: two 8K I420 frames",
}
X264 = {
    "quality.ssim_4k_vs_x264": "times as fast as x264's SSIM on the same 4K frames",
    "quality.ssim_8k_vs_x264": "times as fast as x264's SSIM on the same 8K frames",
}


def measure(repeats: int, say: Say) -> list[Figure]:
    """The figures of this group. A figure whose reference is missing is reported to ``say`` and left out."""
    return [
        *figures(("sse", "ssim"), KERNELS, repeats, say),
        *_beside_ffmpeg(repeats, say),
        *_beside_x264(repeats, say),
    ]


def _beside_ffmpeg(repeats: int, say: Say) -> list[Figure]:
    from nenc_lab.bench import ffmpeg_ssim

    key = "quality.ssim_4k_vs_ffmpeg"
    if ffmpeg_ssim.FFMPEG is None:
        say(f"{key} is left out: no ffmpeg on this machine (apt-get install ffmpeg)")
        return []
    with ffmpeg_ssim.Frames(3840, 2160) as frames:
        pairs = [(frames.nenc_s(), frames.ffmpeg_s()) for _ in range(repeats + 1)][1:]  # the first warms both up
    ratio = median(ffmpeg / nenc for nenc, ffmpeg in pairs)
    return [Figure(key, ratio, "times as fast as ffmpeg's ssim filter on the same 4K frames")]


def _beside_x264(repeats: int, say: Say) -> list[Figure]:
    peer = program("check_kernels").with_name("bench_x264")
    if not peer.is_file():  # the peer is under the GPL, needs libx264.a, and never leaves the build folder
        say(f"{', '.join(X264)} are left out: only a checkout with libx264.a has them (apt-get install libx264-dev)")
        return []
    values = timed(peer, [], repeats)
    return [Figure(key, values[key], meaning) for key, meaning in X264.items()]
