"""The official form as HTML."""


def of(submission, *, flags=None, open=False):
    return None
