"""Stock reorder: when to order, how much, from whom; pure functions over figures."""
