"""Reports (自动报表): figures of a period, made into one document, written as XLSX, CSV, HTML and PDF."""
