"""What a trained model makes of many texts, without a server; runs in Rasa's own Python 3.10 environment.

python -m bot.rasa.guesses MODEL TEXTS ANSWERS    TEXTS is a JSON list; ANSWERS gets ["intent", confidence], a line each
It takes the options of bot.rasa.child.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.rasa.child import follow_options


async def _guess(model: str, texts: Sequence[str], answers: Path) -> None:
    """The whole pipeline of the model, as for a customer's message: whatever components it was trained with."""
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    with answers.open("w", encoding="utf-8", buffering=1) as lines:
        for text in texts:
            intent = (await agent.parse_message(text))["intent"]
            lines.write(json.dumps([intent["name"] or "", intent["confidence"]]) + "\n")


if __name__ == "__main__":
    model_file, texts_file, answers_file = follow_options(sys.argv[1:])
    asyncio.run(_guess(model_file, json.loads(Path(texts_file).read_text(encoding="utf-8")), Path(answers_file)))
