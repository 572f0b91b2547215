"""`python -m hub_demo`: the same as `hub demo`."""

from hub_demo.command import demo

demo()
