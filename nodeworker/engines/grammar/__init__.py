"""What an answer may look like: GBNF and JSON schemas, turned into automata that say which tokens may come next."""
