"""Who may see and do what: roles, permissions, and the part of the tree of places they hold for. Knows no technology."""
