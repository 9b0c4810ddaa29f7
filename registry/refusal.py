"""What an act on an archive answers when it is not done: one sentence, place and remedy."""


class Refused(Exception):
    """The sentence is shown to whoever asked; it never holds a private value."""


class Overtaken(Refused):
    """Somebody saved the archive after the page was opened."""

    def __init__(self) -> None:
        super().__init__("您打开本页后，有人先保存了这份档案。请看过现在的内容再办。")
