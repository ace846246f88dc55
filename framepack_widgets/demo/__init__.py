"""The built-in Studio: a server that answers like FramePack Studio 0.5.1, without model or GPU.

`process.start()` runs it in a child process and waits until it answers; `python -m
framepack_widgets.demo` runs it in the foreground. It needs only gradio, numpy, Pillow and av, and
imports nothing of this package but `errors`, so that it also runs under another interpreter.
"""
