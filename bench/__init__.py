"""The same job on this system and on what one would pick instead: `make bench`, or `python -m bench --help`."""
