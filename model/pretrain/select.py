#!/usr/bin/env python3
"""Prints those segments of a corpus that are told as dreams are.

usage: select.py CORPUS > SELECTED

CORPUS is what `feverdream story corpus --person second` prints: segments with <|endoftext|> between
them. Kept are those in which nobody speaks and "you" is told of, three times or more and in the past
tense. Only Python's standard library is needed.
"""

import re
import sys

END = "<|endoftext|>"
SPEECH = re.compile("[\"\u201c\u201d]")
YOU = re.compile(r"\b[Yy]our?\b")
PAST = re.compile(
    r"\b[Yy]ou (?:had|were|was|did|could|came|went|saw|heard|felt|looked|stood|took|knew|thought"
    r"|found|turned|made|began|sat|lay|walked|ran|put|held|got|left|remembered|seemed)\b"
)
PRESENT = re.compile(r"\b[Yy]ou (?:are|have|do|know|see|think|want|will|shall|must|may|can)\b")


def told_as_dreams_are(segment):
    return (
        not SPEECH.search(segment)
        and len(YOU.findall(segment)) >= 3
        and PAST.search(segment) is not None
        and PRESENT.search(segment) is None
    )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        for segment in file.read().split(END):
            if told_as_dreams_are(segment):
                sys.stdout.write(segment + END)


if __name__ == "__main__":
    main()
