"""A thief who learns how much to prune, by a bandit (UCB1; Auer, Cesa-Bianchi & Fischer 2002): python bandit.py"""

import math
import random

import arena

RATES = [0.2, 0.3, 0.4, 0.5, 0.6, 0.8]
FIXED = 0  # what the scenario says: prune a fifth
PAYOFF = {"attacker": "(1 - granted) * deployed"}  # the accuracy of what he serves, where the owner is denied
SCENARIO = {
    "title": "A thief learns what to prune",
    "task": {"dataset": "digits", "epochs": 6, "rate": 2e-3, "schedule": "one-cycle"},
    "agents": {
        "alice": {"role": "owner", "scheme": {"rose": {"triggers": 24, "oversample": 3}}},
        "mallory": {"role": "attacker", "attacks": [{"prune": {"rate": RATES[FIXED]}}]},
        "victor": {"role": "verifier", "policy": {"rarity": 30, "work": 0}}}}


def episode(env, choice, seed):
    """What the thief is paid for a choice, against the owner of a seed."""
    env.reset(seed=seed)
    for agent in env.agent_iter():
        _, reward, terminated, truncated, _ = env.last()
        over, his = terminated or truncated, agent == "mallory"
        if over and his:
            return reward
        env.step(None if over else choice if his else 0)


def learn(env, plays, seeds, draw):
    """The choice that paid best on average, tried by UCB1 against owners at random."""
    paid = {choice: [] for choice in range(len(RATES))}
    for play in range(plays):
        choice = max(paid, key=lambda c: sum(paid[c]) / len(paid[c]) + 0.3 * math.sqrt(math.log(play) / len(paid[c]))
                     if paid[c] else math.inf)
        paid[choice].append(episode(env, choice, draw.choice(seeds)))
    return max(paid, key=lambda c: sum(paid[c]) / max(1, len(paid[c])))


def trained(plays=40, seeds=range(1, 7), unseen=range(11, 17), **how):
    """(choice, its mean payoff against owners that weren't seen, that of the fixed one)."""
    env = arena.pettingzoo.env(SCENARIO, choices={"mallory": {"attacks.0.prune.rate": RATES}}, payoffs=PAYOFF, **how)
    choice = learn(env, plays, list(seeds), random.Random(1))
    return choice, *(sum(episode(env, c, seed) for seed in unseen) / len(unseen) for c in (choice, FIXED))


if __name__ == "__main__":
    choice, learnt, fixed = trained()
    print(f"prune {RATES[choice]} is paid {learnt:.3f} on average, prune {RATES[FIXED]} {fixed:.3f}")
