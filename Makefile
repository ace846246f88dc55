# Thin: everything is done by tools/dev.py, which also runs where there is no make.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup demo lab test check docs format images wheel clean

help:    ## this list
	@$(PYTHON) tools/dev.py --help
setup:   ## .venv with the package, the built-in Studio and the tools
	@$(PYTHON) tools/dev.py setup
demo:    ## one real render in a real notebook, left under build/demo/
	@$(PYTHON) tools/dev.py demo
lab:     ## JupyterLab with the notebooks; ARGS="--no-browser" goes to it
	@$(PYTHON) tools/dev.py lab $(ARGS)
test:    ## the whole test suite; ARGS="-k name" goes to pytest
	@$(PYTHON) tools/dev.py test $(ARGS)
check:   ## lint, formatting and types
	@$(PYTHON) tools/dev.py check
docs:    ## the documentation's site, strictly, into build/docs/site; every code block of it runs
	@$(PYTHON) tools/dev.py docs
format:  ## let ruff format and mend what it can
	@$(PYTHON) tools/dev.py format
images:  ## draw the notebooks' pictures again
	@$(PYTHON) tools/dev.py images
wheel:   ## build the wheel into dist/ and try it in a clean environment
	@$(PYTHON) tools/dev.py wheel
clean:   ## remove environments and everything that was built
	@$(PYTHON) tools/dev.py clean
