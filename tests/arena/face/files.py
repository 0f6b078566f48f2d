"""A small tournament of real matches on digits, in which somebody learns."""

SMALL = """title: Small
base: {dataset: digits, network: digits-cnn, epochs: 2, rate: 2e-3, schedule: one-cycle}
seeds: {first: 1, least: 2, most: 2}
schemes:
  rose: {rose: {triggers: 16, oversample: 4}}
  none: {}
attacks:
  as-is: []
  prune: [{prune: {rate: 0.5}}]
  bystander: [independent-host]
policies: {default: {rarity-and-work: {rarity: 32 bits, work: 20 bits}}}
learn:
  rounds: 1
  trials: 2
  attacks: {prune: {attack: {prune: {}}, search: {rate: [0, 0.9]}}}
  schemes: {rose: {scheme: rose, search: {triggers: [8, 64], oversample: [1, 20]}}}
"""
