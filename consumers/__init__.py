"""Where it ends: one module per table or outlet."""
