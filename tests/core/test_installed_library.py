"""libnenc as others get it: installed, found by pkg-config, its example compiled and run, its symbols and its name."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADERS = ROOT / "kernels_c" / "include" / "nenc"
CC = os.environ.get("CC", "cc")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]

needs = pytest.mark.skipif(
    not all(map(shutil.which, (CC, "pkg-config", "nm", "readelf"))),
    reason="NOT CHECKED: there is no C compiler, pkg-config or binutils (apt-get install gcc pkg-config binutils)",
)
pytestmark = needs


def run(*command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `meson install` has put libnenc; the build folder is gone."""
    folder = tmp_path_factory.mktemp("libnenc")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    meson = [sys.executable, "-m", "mesonbuild.mesonmain"]
    options = ["-Dpython=false", "-Dbuildtype=release", f"--prefix={folder / 'prefix'}", "--libdir=lib"]
    run(*meson, "setup", str(folder / "build"), str(ROOT), *options, env={**os.environ, "PATH": path})
    run(*meson, "install", "-C", str(folder / "build"), "--quiet", env={**os.environ, "PATH": path})
    shutil.rmtree(folder / "build")
    return folder / "prefix"


def flags(prefix: Path) -> list[str]:
    env = {**os.environ, "PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    return shlex.split(run("pkg-config", "--cflags", "--libs", "nenc", env=env))


def documented() -> set[str]:
    """Names that the public headers export."""
    names: set[str] = set()
    for header in HEADERS.glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
        names |= set(re.findall(r"NENC_API[^;(]*?(\w+)\s*[(;]", text))
    return names


@pytest.mark.slow
@pytest.mark.parametrize(
    "example", sorted((ROOT / "kernels_c" / "examples").glob("loop.c")), ids=lambda path: path.name
)
def test_the_example_runs_against_what_is_installed(prefix: Path, tmp_path: Path, example: Path) -> None:
    program = tmp_path / "program"
    run(CC, "-std=c11", *STRICT, str(example), "-o", str(program), *flags(prefix), "-lm")
    said = run(str(program), env={**os.environ, "LD_LIBRARY_PATH": str(prefix / "lib")})
    found = re.fullmatch(r"([\d.]+) Mbit/s, queue ([\d]+) ms, QP (\d+), 2160 lines at 60 fps\n", said)
    assert found, said
    assert 36 <= float(found[1]) <= 44, said  # the link's 40
    assert int(found[2]) <= 60, said


@pytest.mark.slow
def test_exactly_what_the_headers_document_is_exported(prefix: Path) -> None:
    listed = run("nm", "-D", "--defined-only", "--format=posix", str(prefix / "lib" / "libnenc.so"))
    exported = {line.split()[0].split("@")[0] for line in listed.splitlines()}
    assert exported == documented()
    assert "nenc_step" in exported


LAYOUTS = {"codecs.h", "live.h"}
"""Headers of types and tables alone, without a function."""


@pytest.mark.parametrize("header", sorted(HEADERS.glob("*.h")), ids=lambda path: path.name)
def test_every_symbol_has_its_contract_above_it(header: Path) -> None:
    text = re.sub(r"\n\s+(?=[^\n]*\);)", " ", header.read_text(encoding="utf-8"))  # a declaration over two lines is one
    lines = text.splitlines()
    symbols = [number for number, line in enumerate(lines) if re.match(r"NENC_API .*;$", line)]
    assert bool(symbols) == (header.name not in LAYOUTS)
    for number in symbols:
        above = number - 1
        while above in symbols:  # one comment may be for a group
            above -= 1
        assert re.search(r"(?<!-) \*/$", lines[above]), f"{header.name}: {lines[number]}"


@pytest.mark.slow
def test_the_name_says_the_interface_version(prefix: Path) -> None:
    dynamic = run("readelf", "-d", str(prefix / "lib" / "libnenc.so"))
    assert re.search(r"\(SONAME\).*\[libnenc\.so\.0\]", dynamic)
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
    assert set(needed) <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2"}, needed
    assert (prefix / "lib" / "libnenc.so.0").is_symlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "standard"), [("c", "c99"), ("c", "c11"), ("c", "c2x"), ("c++", "c++11"), ("c++", "c++20")]
)
def test_every_header_stands_alone(prefix: Path, tmp_path: Path, language: str, standard: str) -> None:
    compiler = CC if language == "c" else "c++"
    if not shutil.which(compiler):
        pytest.skip(f"NOT CHECKED: there is no {compiler} (apt-get install g++)")
    for header in sorted((prefix / "include" / "nenc").glob("*.h")):
        source = tmp_path / f"{header.stem}.{'c' if language == 'c' else 'cpp'}"
        source.write_text(f"#include <nenc/{header.name}>\n#include <nenc/{header.name}>\n", encoding="utf-8")
        run(
            compiler,
            "-x",
            language,
            f"-std={standard}",
            *STRICT,
            "-c",
            str(source),
            "-o",
            os.devnull,
            *flags(prefix)[:1],
        )


@pytest.mark.slow
def test_the_display_type_is_va_s_own_where_va_h_was_included(prefix: Path, tmp_path: Path) -> None:
    source = tmp_path / "display.c"
    stand_in = "#define _VA_H_\ntypedef void *VADisplay;\n"
    call = "AdaptiveEncoder *f(VADisplay d) { return init_adaptive_encoder(d); }\n"
    source.write_text(f"{stand_in}#include <nenc/nenc.h>\n{call}", encoding="utf-8")
    run(CC, "-std=c99", *STRICT, "-Wno-missing-prototypes", "-c", str(source), "-o", os.devnull, *flags(prefix)[:1])
