"""Graph -> plan: order, stages, and the place of every byte."""
