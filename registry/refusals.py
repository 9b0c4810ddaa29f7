"""What the acts of this room answer when they cannot be done."""


class Refused(Exception):
    """The archive does not stand where this could befall it; the message is for the person."""


class Overtaken(Refused):
    """Somebody saved the archive after the page was opened."""

    def __init__(self, text: str = "您打开本页后，有人先保存了这份档案。请看过现在的内容再办。"):
        super().__init__(text)
