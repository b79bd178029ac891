"""Provenance: complete, JSON-ready, quick, and never a reason to fail; importing the package pulls in nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy

from nenc_lab.recording import provenance


def test_versions_name_what_computes():
    versions = provenance.versions()
    assert versions["numpy"] == numpy.__version__
    assert versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert set(versions) == {"nenc_lab", "code", "python", *provenance.PACKAGES}
    versions["numpy"] = "changed"
    assert provenance.versions()["numpy"] == numpy.__version__


def test_collect_is_json(tmp_path):
    parts = json.loads(json.dumps(provenance.collect(), allow_nan=False))
    assert set(parts) == {"versions", "git", "host"}
    assert parts["host"]["cores"] >= parts["host"]["cores_usable"] >= 1
    assert parts["host"]["memory_bytes"] > 2**20


def test_git_of_a_checkout(tmp_path, monkeypatch):
    def git(*arguments):
        command = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    place = tmp_path / "nenc_lab" / "recording" / "provenance.py"
    place.parent.mkdir(parents=True)
    place.write_text("one")
    monkeypatch.setattr(provenance, "__file__", str(place))
    ask = provenance._git.__wrapped__
    assert ask() is None  # not a checkout
    git("init", "-q")
    assert ask() is None  # no commit yet
    git("add", ".")
    git("commit", "-qm", "one")
    assert ask() == (git("rev-parse", "HEAD"), False)
    place.write_text("two")
    assert ask() == (git("rev-parse", "HEAD"), True)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask() is None  # no git program


def test_imports_stay_light():
    code = (
        "import sys\n"
        "import nenc_lab.recording, nenc_lab.recording.folder, nenc_lab.recording.open, nenc_lab.recording.provenance\n"
        "import nenc_lab.analysis\n"
        "print(*sorted({'pyarrow', 'polars', 'pydantic', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": root})
    assert done.stderr == ""
    assert done.stdout.strip() == ""


def test_writing_and_reading_need_no_arrow_compute(tmp_path):
    """pyarrow.compute takes 60 ms to import: more than a whole run."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom recording_rows import rows\n"
        "from nenc_lab.recording.recorder import Recorder\nfrom nenc_lab.recording.open import Run\n"
        "place = Path(sys.argv[1])\n"
        "with Recorder(place) as recorder:\n"
        "    recorder.append('ticks', rows('ticks', 100))\n"
        "    recorder.append('path', rows('path', 100, who='forward.link'))\n"
        "    recorder.append('path', rows('path', 100, first=100, who='forward.link'))\n"
        "Run(place, {}, '').columns('ticks', 'video')\n"
        "print('pyarrow.compute' in sys.modules)"
    )
    here = Path(__file__).parent
    path = f"{here.parents[1]}:{here}"
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": path})
    assert (done.stdout.strip(), done.stderr) == ("False", "")
