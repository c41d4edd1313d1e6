"""The two errors that the command line prints as one line: the input is at fault, or the work failed."""


class InputError(ValueError):
    """Says in one line which file, row or value is wrong and how to mend it; exit status 2, no traceback."""


class WorkError(RuntimeError):
    """Says in one line which task or notebook failed and why; exit status 1, no traceback."""
