"""What a game is, apart from who plays it: payoffs, samples, expressions, answers with their regret, leagues."""
