"""Read: a policy file as a tree with places, what each section may hold, what is refused."""
