"""What an act on an archive answers when it is not done: one sentence, place and remedy."""


class Refused(Exception):
    """The sentence is shown to whoever asked; it never holds a private value."""
