"""Many small functions with a fixed call graph, lambdas and comprehensions among them."""
import common


def one(x):
    return x + 1


def two(x):
    return one(x) + one(x)  # -> one


def three(x):
    y = two(x)  # -> two
    return y - one(x)  # -> one


def fibonacci(n):
    if n < 2:
        return one(n)  # -> one
    return fibonacci(n - 1) + fibonacci(n - 2)  # -> fibonacci


def keyword(a, b=2, *rest, **named):
    return three(a) + b  # -> three


def closure(n):
    def inner(x):
        return three(x) + n  # -> three
    total = 0
    for i in range(n):
        total += inner(i)  # -> inner
    return total


def apply(function, n):
    total = 0
    for i in range(n):
        total += function(i)  # -> <lambda>
    return total


def comprehensions(n):
    a = [three(i) for i in range(n)]  # -> <listcomp>, three
    b = {two(i) for i in range(n)}  # -> <setcomp>, two
    c = {i: one(i) for i in range(n)}  # -> <dictcomp>, one
    d = sum(three(i) for i in range(n))  # -> <genexpr>, three
    return a, b, c, d


def round_trip():
    fibonacci(9)  # -> fibonacci
    keyword(1, 2, 3, x=4)  # -> keyword
    closure(9)  # -> closure
    apply(lambda x: three(x) + 1, 9)  # -> apply, three
    comprehensions(9)  # -> comprehensions


common.ready()
while common.clock() < common.END:
    round_trip()  # -> round_trip
