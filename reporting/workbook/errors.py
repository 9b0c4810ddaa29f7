"""What can go wrong with a workbook. Every message is a Chinese sentence a clerk can act on."""


class WorkbookError(Exception):
    """Base of everything this room raises."""


class UnsafeValue(WorkbookError):
    """A value that no cell could hold without changing it."""


class WorkbookMismatch(WorkbookError):
    """A finished workbook does not say what it was made from."""


class UnreadableWorkbook(WorkbookError):
    """An issued workbook this room cannot fill."""
