"""Backup and restore: one sealed file that holds rows and files, and a target that is whole or empty.

See docs/decisions/0021-backup.md. ``sealing`` encrypts a stream, ``archive`` puts named parts into
it, ``postgres`` and ``sqlite`` read and write rows, ``media`` files; ``making`` and ``restoring`` are
the two acts.
"""


class Refused(Exception):
    """Nothing was touched; carries the sentence."""
