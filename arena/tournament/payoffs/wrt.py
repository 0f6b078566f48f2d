"""the Watermark Robustness Toolbox's criterion: denied, for less than five points

Lukas, Jiang, Li & Kerschbaum 2022 (SoK: How Robust is Image Classification Deep Neural Network Watermarking?); an
attack that gains accuracy succeeds too, which their absolute difference forbids. For comparison.
"""

EXPRESSION = "granted == 0 and stolen - deployed < 0.05"
