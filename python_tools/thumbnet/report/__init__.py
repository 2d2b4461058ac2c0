"""Pictures of memory and cost: figures as values, and their terminal form."""
