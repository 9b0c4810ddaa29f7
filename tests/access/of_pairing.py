"""Pairs on the stage of the access tests; ``scene.pairs`` is what :func:`tests.pairs.build` makes."""

from types import SimpleNamespace

from tests import pairs


def build(scene) -> SimpleNamespace:
    return pairs.build(scene.org, scene.people, scene.archives)
