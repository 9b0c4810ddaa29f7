"""A file that is not read, with the one sentence that says why and what to do."""


class Refused(Exception):
    """The sentence is for a clerk. ``code`` names the reason to programs and tests."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
