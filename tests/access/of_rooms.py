"""How the pages of the rooms above ``reporting`` are tried: each part says so of its own addresses.

A part is a module with ``ADDRESSES`` (name → arguments of its address), ``BODIES`` (fields of its
form) and ``PREPARE`` (what must stand before). Each is called with the line of the matrix and the scene.
"""

from tests.access import (
    pairing_logs,
    pairing_pairs,
    pairing_papers,
    pairing_phone,
    pairing_tracking,
    pairing_year,
    registry_life,
    registry_people,
    registry_tables,
    registry_zone,
)

ROOMS = ("registry:", "pairing:")
PARTS = (
    registry_people, registry_zone, registry_life, registry_tables,
    pairing_pairs, pairing_papers, pairing_logs, pairing_phone, pairing_tracking, pairing_year,
)  # fmt: skip


def address_arguments(line, scene) -> list | dict:
    """What ``reverse`` needs beside the name."""
    for part in PARTS:
        if line.url in part.ADDRESSES:
            return part.ADDRESSES[line.url](line, scene)
    return []


def body(line, scene) -> dict:
    for part in PARTS:
        if line.url in part.BODIES:
            return part.BODIES[line.url](line, scene)
    return {}


def prepare(line, scene) -> None:
    for part in PARTS:
        if line.url in part.PREPARE:
            part.PREPARE[line.url](line, scene)
