"""Associative recall: the upstream generator's sequences, of three settings."""

from __future__ import annotations

from collections.abc import Iterator

from neurogate.tasks.associative_recall import AssociativeRecall
from tests.attention.agreement import Case, Stored


def cases(stored: Stored) -> Iterator[Case]:
    for name in sorted({key.partition("/")[0] for key in stored}):
        vocabulary, examples, length, pairs, power, seed = stored[f"{name}/cfg"].tolist()
        task = AssociativeRecall(
            vocabulary=int(vocabulary), length=int(length), pairs=int(pairs), power=power, seed=int(seed)
        )
        for what, found in task.draw(int(examples))._asdict().items():
            yield Case("associative_recall", f"{name} {what}", found, stored[f"{name}/{what}"])
