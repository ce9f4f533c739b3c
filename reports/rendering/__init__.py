"""From a dataset to what people open: Excel, PDF, CSV, JSON. Nothing is computed here.

Doors: `render(dataset, format)`; formats are `xlsx`, `pdf`, `csv`, `json`.
"""
