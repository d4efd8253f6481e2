"""Numbered SQL, applied in order by `dfdg init`."""
