"""Namespaces of the host: what is tried, what is refused, and that auto chooses by it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from sandboxes import make, needs_guest

from nenc_lab.errors import InputError, MachineError
from nenc_lab.real.sandbox import host, open_sandbox, pid_namespace, uml
from nenc_lab.real.sandbox.host import Host
from nenc_lab.real.sandbox.isolation import is_hidden


def seen():
    return socket.if_nameindex(), sorted(os.listdir("/run")), Path("/proc/self/mounts").read_text()


@pytest.mark.iproute2
def test_the_hosts_own_network_and_mounts_are_not_touched():
    before = seen()
    with make("host") as sandbox:
        assert "litter" in sandbox.call("sandbox_calls:litter")
    assert seen() == before


def test_a_kernel_without_a_discipline_is_refused_with_its_name():
    make("host")
    with pytest.raises(MachineError, match=r"lacks sch_nosuch; .*modprobe"), Host(needs=["nosuch"]):
        pass


def test_auto_is_the_host_where_that_can(monkeypatch):
    monkeypatch.setattr(host, "obstacle", lambda: None)
    assert open_sandbox("auto").name == "host"


@needs_guest
def test_auto_is_the_guest_where_the_host_cannot(monkeypatch):
    monkeypatch.setattr(host, "obstacle", lambda: "no netem here")
    assert open_sandbox("auto").name == "guest"


def test_neither_says_both_reasons(monkeypatch):
    monkeypatch.setattr(host, "obstacle", lambda: "no netem here")
    monkeypatch.setattr(uml, "find", lambda: None)
    with pytest.raises(MachineError, match=r"no netem here.*apt-get install user-mode-linux"):
        open_sandbox("auto")


def test_a_sandbox_that_does_not_exist():
    with pytest.raises(InputError, match="'cloud' is not a kind of sandbox; the kinds are auto, host, guest"):
        open_sandbox("cloud")


def test_the_obstacle_was_found_by_trying():
    make("host")
    problem = host.obstacle()
    with make("host") as sandbox:
        assert (problem is None) == (sandbox.call("sandbox_calls:lacking", ["netem", "hfsc"]) == [])


def test_what_forbids_namespaces_is_named(monkeypatch, tmp_path):
    setting = tmp_path / "setting"
    setting.write_text("1\n")
    monkeypatch.setattr(pid_namespace, "REFUSALS", ((str(setting), "1", "AppArmor says no: do this"),))
    assert pid_namespace.remedy() == "AppArmor says no: do this"
    setting.write_text("0\n")
    assert "guest" in pid_namespace.remedy()


def test_a_folder_that_sandboxes_hide_is_refused(monkeypatch, tmp_path):
    sandbox = make("host")
    monkeypatch.chdir("/dev/shm")
    with pytest.raises(InputError, match="/dev/shm is hidden from the host"), sandbox:
        pass
    (tmp_path / "link").symlink_to("/run")
    assert is_hidden(tmp_path / "link" / "x")
    assert not is_hidden("/runs")
    assert not is_hidden(tmp_path)
