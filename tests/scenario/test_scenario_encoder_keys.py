"""Each field of the camera's table is a key of exactly those encoders to which it applies."""

from dataclasses import replace

import pytest

from nenc_lab.control.table import CONTROLLERS
from nenc_lab.ctables import encoder_fields
from nenc_lab.ctables.encoder_fields import Group
from nenc_lab.scenario import encoder
from nenc_lab.scenario.flow import LAB_CONTROLLERS
from nenc_lab.scenario.types import Model


@pytest.mark.parametrize("groups", [Group.NULL, Group.MODEL | Group.NULL, Group.NULL | Group.REAL, Group.REAL])
def test_a_field_is_a_key_of_every_encoder_to_which_it_applies(groups: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    field = replace(encoder_fields.fields()[-1], name="newest", key="newest", groups=groups)
    monkeypatch.setattr(encoder_fields, "fields", lambda: (field,))
    assert not encoder._keys_of(Model, encoder.EVERY).model_fields
    for group in Group:
        assert ("newest" in encoder._keys_of(Model, group).model_fields) == (group in groups)


def test_scenarios_may_name_every_controller() -> None:
    assert {*LAB_CONTROLLERS, "external"} == set(CONTROLLERS)
