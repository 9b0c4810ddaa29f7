"""How a sending can end other than well."""


class NotSent(Exception):
    """Nobody has heard it, for certain. ``for_good``: trying again is useless. ``nobody_there``:
    the server could not be spoken to at all."""

    def __init__(self, why: str, *, for_good: bool = False, nobody_there: bool = False):
        self.for_good, self.nobody_there = for_good, nobody_there
        super().__init__(why)


class Doubtful(Exception):
    """It may have been heard: the answer stayed away."""


class Overtaken(Exception):
    """The claim ran out and another process has the row: send nothing."""
