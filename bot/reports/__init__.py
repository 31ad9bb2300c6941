"""Reports that people look at: one description of charts and tables becomes a page, a CSV file and a PDF."""
