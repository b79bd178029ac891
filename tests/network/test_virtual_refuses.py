"""What the virtual network has no model of is refused by name, at the start and in a step."""

from __future__ import annotations

import pytest
from paths import cross, flow, link, network

from nenc_lab.errors import InputError
from nenc_lab.network.base import LinkChange, QueueSetting


@pytest.mark.parametrize("kind", ["codel", "fq-codel", "pie", "cake"])
def test_a_managed_queue(kind):
    managed = QueueSetting("packets", 1000, kind)
    with pytest.raises(InputError, match=f"the virtual network has no {kind}: the backend netem has"):
        network([link(queue=managed)], [flow()])
    net = network([link()], [flow()])
    with pytest.raises(InputError, match=f"has no {kind}"):
        net.apply(0, LinkChange(0, queue=managed))
    net.close()


@pytest.mark.parametrize("kind", ["tcp-reno", "tcp-cubic", "tcp-bbr"])
def test_tcp(kind):
    with pytest.raises(InputError, match=f"the virtual network has no {kind}: the backend netem has"):
        network([link()], [flow()], [cross(0.0, kind=kind, streams=1)])
