"""The workload of `make demo`: reads orders, prices them, prints invoices; one part is slower than it need be."""
import json
import random


def make_orders(count):
    source = random.Random(7)
    return [{"id": i, "items": [{"price": source.uniform(1, 90), "amount": source.randint(1, 9)}
                                for _ in range(source.randint(1, 12))]} for i in range(count)]


def discount(amount):
    if amount < 2:
        return 0.0
    return max(discount(amount - 1), discount(amount - 2)) + 0.001


class Invoice(object):
    def __init__(self, order):
        self.order = order

    def total(self):
        total = 0.0
        for item in self.order["items"]:
            total += item["price"] * item["amount"] * (1 - discount(item["amount"]))
        return total

    def text(self):
        return json.dumps({"order": self.order["id"], "total": round(self.total(), 2)}, indent=2)


def work():
    text = json.dumps(make_orders(200))
    while True:
        orders = json.loads(text)
        for order in sorted(orders, key=lambda order: -len(order["items"])):
            Invoice(order).text()


work()
