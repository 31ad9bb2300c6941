"""The intent classifier proper: what a message asks for, and how sure that is. One model for all languages."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from bot.rasa.child import be_killed_with_parent
from bot.understanding.confidence import Confidence, best_of_ours, fit_confidence
from bot.understanding.extractor import Reference
from bot.understanding.features import Encoder, prepare, spell
from bot.understanding.lexicon import Lexicon, read_lexicon
from bot.understanding.network import Network
from bot.understanding.scorer import Evidence, Scorer

OUT_OF_SCOPE = "out_of_scope"

_NUMBERS_FILE = "numbers.npz"
_WORDS_FILE = "words.json"
_WORTH_A_PROCESS = 5000  # examples; fewer are learnt before a second Python has started


@dataclass(frozen=True)
class Guess:
    """One intent with its confidence, 0 to 1."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class IntentClassifier:
    """Two machines over n-grams and concepts, with a fitted confidence (docs/decisions, numbers 3 and 15)."""

    scorer: Scorer
    confidence: Confidence
    out_of_scope: str = OUT_OF_SCOPE

    @classmethod
    def train(
        cls, texts: Sequence[str], intents: Sequence[str], *, out_of_scope: str = OUT_OF_SCOPE
    ) -> "IntentClassifier":
        """Raises ValueError when the examples are of fewer than two intents."""
        # One example for each wording: copies would weigh more and be known when held back. Sorted, so that the files'
        # order decides nothing.
        examples = sorted(set(zip(map(prepare, texts), intents, strict=True)))
        prepared, labels = [text for text, _ in examples], [intent for _, intent in examples]
        lexicon = read_lexicon(spell)
        if len(examples) < _WORTH_A_PROCESS:
            confidence = fit_confidence(prepared, labels, out_of_scope, lexicon)
            return cls(Scorer.train(prepared, labels, lexicon), confidence, out_of_scope)
        # Not a thread: liblinear has one source of chance for each process, and Python one thread at work.
        with ProcessPoolExecutor(1, get_context("spawn"), be_killed_with_parent) as second_process:
            fitting = second_process.submit(fit_confidence, prepared, labels, out_of_scope, lexicon)
            scorer = Scorer.train(prepared, labels, lexicon)
            return cls(scorer, fitting.result(), out_of_scope)

    def rank(self, text: str, references: list[Reference] | None = None) -> list[Guess]:
        """All intents, the most likely first. Text without a letter or emoji has no confidence at all."""
        return self.rank_all([prepare(text, references)])[0]

    def rank_all(self, prepared: list[str]) -> list[list[Guess]]:
        """The same for messages that went through `features.prepare`."""
        evidence = self.scorer.weigh(prepared)
        confidences, best = self._decide(evidence)
        rows = np.arange(len(prepared))
        # The others may not look surer than the first.
        limited = np.minimum(confidences, confidences[rows, best][:, None])
        limited[[not text for text in prepared]] = 0.0
        return [self._ranking(limited[row], int(best[row])) for row in rows]

    def _decide(self, evidence: Evidence) -> tuple[Any, Any]:
        """All confidences, and the column of the first: the foreign one if it leads and no other is believed."""
        foreign = self.scorer.intents.index(self.out_of_scope) if self.out_of_scope in self.scorer.intents else None
        confidences = self.confidence.of(evidence, foreign)
        best = best_of_ours(evidence.scores, foreign)
        if foreign is None:
            return confidences, best
        rows = np.arange(len(best))
        confidences[:, foreign] = 1 - confidences[rows, best]
        is_foreign = (confidences[:, foreign] > 0.5) & (evidence.scores.argmax(axis=1) == foreign)
        return confidences, np.where(is_foreign, foreign, best)

    def _ranking(self, confidences: Any, best: int) -> list[Guess]:
        order = sorted(range(len(confidences)), key=lambda column: (-confidences[column], column != best))
        return [Guess(self.scorer.intents[column], float(confidences[column])) for column in order]

    def save(self, folder: Path) -> None:
        """Plain numbers and words: reading a model file back never runs code from it."""
        encoder, network = self.scorer.encoder, self.scorer.network
        np.savez(
            folder / _NUMBERS_FILE,
            weights=self.scorer.weights,
            biases=self.scorer.biases,
            hidden=network.hidden.astype(np.float16),
            hidden_biases=network.hidden_biases,
            output=network.output,
            output_biases=network.output_biases,
            **{f"rarities_{part}": rarities for part, rarities in enumerate(encoder.rarities)},
        )
        words = {
            "intents": self.scorer.intents,
            "out_of_scope": self.out_of_scope,
            "terms": encoder.terms,
            "lexicon": encoder.lexicon.patterns,
            "confidence": asdict(self.confidence),
        }
        (folder / _WORDS_FILE).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "IntentClassifier":
        words = json.loads((folder / _WORDS_FILE).read_text(encoding="utf-8"))
        with np.load(folder / _NUMBERS_FILE, allow_pickle=False) as numbers:
            rarities = [numbers[f"rarities_{part}"] for part in range(len(words["terms"]))]
            network = Network(
                hidden=numbers["hidden"].astype(np.float32),
                hidden_biases=numbers["hidden_biases"],
                output=numbers["output"],
                output_biases=numbers["output_biases"],
            )
            weights, biases = numbers["weights"], numbers["biases"]
        encoder = Encoder.restore(Lexicon(words["lexicon"]), words["terms"], rarities)
        scorer = Scorer(encoder, words["intents"], weights, biases, network)
        return cls(scorer, Confidence(**words["confidence"]), words["out_of_scope"])
