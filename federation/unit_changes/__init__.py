"""组织变更: the six ways the tree of units changes, each tried before it is done.

A change is an object (:class:`Add`, :class:`Rename`, :class:`Move`, :class:`Merge`, :class:`Split`,
:class:`Close`) that knows whom it concerns, what stands against it and how it is written.
:func:`rehearse` writes it, looks at what became different and takes it back; :func:`carry_out`
writes it and keeps it. What the preview shows is therefore what happens.
"""

from federation.unit_changes.change import Change, Superseded, carry_out, may_change, rehearse
from federation.unit_changes.effect import Effect, Fact
from federation.unit_changes.endings import Close, Merge, Part, Split
from federation.unit_changes.growth import Add, Move, Rename

KINDS = {kind.kind: kind for kind in (Add, Rename, Move, Merge, Split, Close)}

__all__ = [
    "KINDS",
    "Add",
    "Change",
    "Close",
    "Effect",
    "Fact",
    "Merge",
    "Move",
    "Part",
    "Rename",
    "Split",
    "Superseded",
    "carry_out",
    "may_change",
    "rehearse",
]
