"""Talking to a Studio. The only folder that speaks HTTP or imports gradio_client."""
