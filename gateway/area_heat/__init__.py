"""Demand over supply per community (供需热力图): what may be shown, its colours, where communities lie. Pure."""
