"""An office's own XLSX form: read as a stranger's file, shown as a grid, filled with figures cell by cell. Pure."""
