"""The widgets of the notebook.

The only folder that may import ipywidgets, anywidget and ipyfilechooser.

Each works alone. What they say is worked out in pure modules (`groups`, `job_text`, ...); what the
page does is in `static/<same stem>.js`.
"""
