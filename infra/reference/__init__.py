"""Reference data: versions of the title table, the names in it, and the part of it that is published."""
