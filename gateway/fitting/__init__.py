"""Installing and keeping devices in order: what proves a point, when a fault is overdue, what a ledger says. Pure."""
