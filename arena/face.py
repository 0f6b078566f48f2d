"""The face: what `import arena` gives."""
