"""What is remembered across conversations: facts that the user asked for, and what was said before."""
