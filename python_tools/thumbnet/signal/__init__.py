"""From raw samples to a network's int8 input: fixed point, bit-exact between Python and C."""
