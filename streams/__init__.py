"""What is decided: state and event in, state and events out."""
