"""The engine over llama.cpp: one thread that drives many answers, what it remembers of prompts, how it measures."""
