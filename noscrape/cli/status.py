"""What the exit status of a command says."""

from enum import IntEnum


class Status(IntEnum):
    """Exit statuses, the same for every command."""

    OK = 0
    FOUND = 1
    """There is something to look at."""
    FAULT = 2
    """Bad input or usage."""
