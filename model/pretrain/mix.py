#!/usr/bin/env python3
"""Sets fragments among a story's prose, as dreams stand in it.

usage: mix.py PROSE FRAGMENTS SEED > MIXED

PROSE has segments with <|endoftext|> between them; FRAGMENTS is fragments.txt, a paragraph each. Two
segments in their order, then ten fragments by chance, and so on round the prose until every fragment
has come once. Only Python's standard library is needed.
"""

import itertools
import random
import sys

END = "<|endoftext|>"
SEGMENTS, FRAGMENTS = 2, 10


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        segments = [segment for segment in file.read().split(END) if segment.strip()]
    with open(sys.argv[2], encoding="utf-8") as file:
        fragments = [line for line in file.read().split("\n") if line]
    random.Random(int(sys.argv[3])).shuffle(fragments)
    prose = itertools.cycle(segments)
    for begin in range(0, len(fragments), FRAGMENTS):
        told = list(itertools.islice(prose, SEGMENTS)) + fragments[begin : begin + FRAGMENTS]
        sys.stdout.write("".join(part + END for part in told))


if __name__ == "__main__":
    main()
