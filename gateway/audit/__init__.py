"""Who has looked at a resident's record, and who has changed what: a chain in which nothing can be altered unnoticed."""
