#!/usr/bin/env python3
"""Reads messages with the chats' own libraries, which know nothing of Sidenote: Telegram's TDLib, and Slack's models of
Block Kit. Standard input is one JSON object a line:

    {"telegram": the HTML, "visible": the text that our stand-in read from it, "entities": [[kind, offset, length, url]]}
    {"slack": the message's blocks, "text": its plain text}

Prints the first problems, and ends with 1 if there is one. `tests/texts/both_chats.rs` calls it.
"""

import json
import sys

import tdjson
from slack_sdk.models.blocks import Block

LONGEST_MESSAGE = 4096  # UTF-16 units that a reader sees
KINDS = {
    "textEntityTypeBold": "bold",
    "textEntityTypeCode": "code",
    "textEntityTypeTextUrl": "text_link",
    "textEntityTypeExpandableBlockQuote": "expandable_blockquote",
}


def tdlib(request):
    return json.loads(tdjson.td_execute(json.dumps(request).encode()))


def of_telegram(message):
    mode = {"@type": "textParseModeHTML"}
    read = tdlib({"@type": "parseTextEntities", "text": message["telegram"], "parse_mode": mode})
    if read["@type"] == "error":
        yield f"TDLib: {read['message']}"
        return
    # Telegram removes the blanks at the end of a message, and what stands on them.
    text = read["text"].rstrip()
    units = len(text.encode("utf-16-le")) // 2
    if not 0 < units <= LONGEST_MESSAGE:
        yield f"TDLib reads {units} UTF-16 units"
    if text != message["visible"]:
        yield f"TDLib reads {text!r}, the stand-in {message['visible']!r}"
    entities = [
        [KINDS.get(kind := entity["type"]["@type"], kind), offset := entity["offset"],
         min(entity["length"], units - offset), entity["type"].get("url")]
        for entity in read["entities"]
    ]
    if sorted(map(str, entities)) != sorted(map(str, message["entities"])):
        yield f"TDLib reads the entities {entities}, the stand-in {message['entities']}"


def of_slack(message):
    if not 0 < len(message["slack"]) <= 50:
        yield f"Slack: {len(message['slack'])} blocks"
    if not 0 < len(message["text"]) <= 4000:
        yield f"Slack: a text of {len(message['text'])} characters"
    for block in message["slack"]:
        parsed = Block.parse(block)
        if parsed is None:
            yield f"Slack's library does not know the block {block.get('type')}"
            continue
        # `to_dict` checks the limits, and drops members that the library does not know.
        if parsed.to_dict() != block:
            yield f"Slack's library reads {parsed.to_dict()} from {block}"


def main():
    tdlib({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
    messages = [json.loads(line) for line in sys.stdin]
    found = []
    for message in messages:
        check = of_telegram if "telegram" in message else of_slack
        try:
            found += [f"{problem}\nin {json.dumps(message)[:2000]}" for problem in check(message)]
        except Exception as problem:  # Slack's library raises for a limit that is exceeded.
            found.append(f"{problem!r}\nin {json.dumps(message)[:2000]}")
    kinds = [kind for kind in ("telegram", "slack") if any(kind in message for message in messages)]
    print("\n\n".join(found[:10]) or f"{len(messages)} messages of {' and '.join(kinds)} are valid")
    sys.exit(bool(found) or len(kinds) != 2)


if __name__ == "__main__":
    main()
