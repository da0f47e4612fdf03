"""Customers of the sample service; ``locust-push demo`` runs this file. Nothing in here is about pushing."""

import random

from locust import FastHttpUser, between, task


class Customer(FastHttpUser):
    """Looks around, and now and then buys something."""

    wait_time = between(0.05, 0.15)

    @task(4)
    def open_home_page(self) -> None:
        """Open the home page."""
        self.client.get("/")

    @task(6)
    def list_products(self) -> None:
        """List the products."""
        self.client.get("/products")

    @task(6)
    def show_product(self) -> None:
        """Look at one of many products, which are one name in the statistics."""
        self.client.get(f"/products/{random.randint(1, 500)}", name="/products/[id]")  # noqa: S311  # no secret

    @task(3)
    def fill_cart(self) -> None:
        """Put a product into the cart."""
        self.client.post("/cart", json={"product": 1})

    @task(2)
    def check_out(self) -> None:
        """Buy what is in the cart."""
        self.client.post("/checkout", json={"payment": "card"})
