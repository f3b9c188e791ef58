#!/usr/bin/env python3
"""Checks messages in Block Kit with Slack's own library, which knows nothing of Sidenote.

    python3 -m venv v && v/bin/pip install slack-sdk
    SIDENOTE_SLACK_MESSAGES=DIRECTORY cargo test --test texts
    v/bin/python tools/check-blocks.py DIRECTORY
"""

import json
import pathlib
import sys

from slack_sdk.models.blocks import Block


def problems(message):
    blocks = message["blocks"]
    if not 0 < len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if not 0 < len(message["text"]) <= 4000:
        yield f"a text of {len(message['text'])} characters"
    for block in blocks:
        parsed = Block.parse(block)
        if parsed is None:
            yield f"a block that the library does not know: {block.get('type')}"
            continue
        # `to_dict` checks the limits, and drops members that the library does not know.
        if parsed.to_dict() != block:
            yield f"the library reads {parsed.to_dict()} from {block}"


def main():
    files = sorted(pathlib.Path(sys.argv[1]).glob("*.json"))
    found = [f"{file}: {what}" for file in files for what in problems(json.loads(file.read_text()))]
    print("\n".join(found[:20]) or f"{len(files)} messages are valid")
    sys.exit(bool(found) or not files)


if __name__ == "__main__":
    main()
