"""Hosts: data sets, networks, training, serving and the store of artefacts."""
