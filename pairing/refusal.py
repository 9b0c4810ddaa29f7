"""What an act on a pair answers when it is not done: one sentence, place and remedy."""

from registry.refusal import Overtaken as ArchiveOvertaken
from registry.refusal import Refused

__all__ = ["Overtaken", "Refused"]


class Overtaken(ArchiveOvertaken):
    """Somebody changed the pair after the page was opened."""

    def __init__(self) -> None:
        Refused.__init__(self, "您打开本页后，有人先改动了这个结对。请看过现在的内容再办。")
