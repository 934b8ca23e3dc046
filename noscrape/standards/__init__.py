"""The texts of others: parsers and matchers of published standards, pure and on their own.

None of these functions raises for what a stranger wrote, unless it says so, and none takes long over it. What is
malformed is unknown, never open.
"""

from noscrape.standards import (
    content_signal,
    content_usage,
    data_mining,
    path_pattern,
    robots_txt,
    tdmrep,
    training_mining,
    x_robots_tag,
)

__all__ = [
    "content_signal",
    "content_usage",
    "data_mining",
    "path_pattern",
    "robots_txt",
    "tdmrep",
    "training_mining",
    "x_robots_tag",
]
