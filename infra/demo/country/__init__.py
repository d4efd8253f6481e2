"""The made-up country: its people, and what they do in each system. No line of it is about anybody real."""
