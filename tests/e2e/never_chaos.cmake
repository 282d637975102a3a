# Updates that die, hang and lie at random, and callers that do.
