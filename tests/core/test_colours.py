"""Every network of a race has a colour of its own."""

from cnnstudio.core.colours import FURTHER_COLOURS, ROLE_COLOURS, network_colours


def test_roles_have_their_colours():
    assert network_colours([("mlp", "mlp"), ("lenet5", "cnn"), ("local", "local")]) == {
        "mlp": ROLE_COLOURS["mlp"],
        "lenet5": ROLE_COLOURS["cnn"],
        "local": ROLE_COLOURS["local"],
    }


def test_a_second_network_of_a_role_takes_another():
    colours = network_colours([("mlp", "mlp"), ("mlp_deep", "mlp"), ("other", ""), ("lenet5", "cnn")])
    assert colours["mlp"] == ROLE_COLOURS["mlp"]
    assert colours["lenet5"] == ROLE_COLOURS["cnn"]
    assert (colours["mlp_deep"], colours["other"]) == FURTHER_COLOURS[:2]
    assert len(set(colours.values())) == 4
