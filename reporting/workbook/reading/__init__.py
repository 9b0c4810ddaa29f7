"""Reading annexes back as offices really mail them."""
