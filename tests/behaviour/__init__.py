"""Our own behavioural suite: what a sentiment model must get right, capability by capability."""
