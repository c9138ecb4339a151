"""Handing reports in: the document as it was kept, and what differs from it now. Pure."""
