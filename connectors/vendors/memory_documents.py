"""Supplier documents in memory, for tests and trials."""

from collections.abc import Iterator
from hashlib import sha256

from connectors.contracts.documents import Document


class MemoryDocuments:
    """Documents that live as long as this object; `archived` and `quarantined` show what became of them."""

    def __init__(self) -> None:
        self._documents: dict[str, Document] = {}
        self.archived: list[Document] = []
        self.quarantined: list[tuple[Document, str]] = []

    def add(self, name: str, content: bytes) -> Document:
        """Let a document arrive; one of the same name that is still there is replaced."""
        document = Document(name, sha256(content).hexdigest(), content)
        self._documents[name] = document
        return document

    def list_documents(self) -> Iterator[Document]:
        yield from sorted(self._documents.values(), key=lambda document: document.name)

    def archive(self, document: Document) -> None:
        if (taken := self._take(document)) is not None:
            self.archived.append(taken)

    def quarantine(self, document: Document, reason: str) -> None:
        if (taken := self._take(document)) is not None:
            self.quarantined.append((taken, reason))

    def check(self) -> str:
        return f"{len(self._documents)} documents wait in memory."

    def _take(self, document: Document) -> Document | None:
        """Remove this very document; one of the same name with other content is another document."""
        waiting = self._documents.get(document.name)
        if waiting is None or waiting.checksum != document.checksum:
            return None
        return self._documents.pop(document.name)
