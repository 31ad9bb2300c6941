"""The words of invoice matching for what became of a document."""

MATCHED, HELD, WAITING, REFUSED, ALREADY_POSTED, GONE = (
    "matched",
    "held",
    "waiting",
    "refused",
    "already-posted",
    "gone",
)
# The verdicts on a document that could be read.
VERDICTS = (MATCHED, HELD, WAITING)
