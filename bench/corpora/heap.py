"""Python at work: JSON, dictionaries of objects, a syntax tree, and strings."""
import ast
import collections
import json
import random
import sys
import tokenize

rng = random.Random(7)
WORDS = [w.strip(".,:()") for w in (ast.__doc__ + json.__doc__ + random.__doc__).split()]


class Order:
    def __init__(self, number, customer, items):
        self.number = number
        self.customer = customer
        self.items = items
        self.total = sum(price * count for _, price, count in items)


def record(number):
    return {
        "id": number,
        "name": f"{rng.choice(WORDS)} {rng.choice(WORDS)}",
        "mail": f"{rng.choice(WORDS).lower()}{number}@example.org",
        "active": rng.random() < 0.8,
        "balance": round(rng.gauss(100, 50), 2),
        "tags": rng.sample(WORDS, 4),
        "address": {"street": f"{rng.choice(WORDS)} street {rng.randrange(200)}", "zip": rng.randrange(10000, 99999)},
    }


text = json.dumps([record(n) for n in range(20000)])
customers = {r["id"]: r for r in json.loads(text)}
orders = [Order(n, customers[rng.randrange(20000)],
                [(rng.choice(WORDS), rng.randrange(1, 5000) / 100, rng.randrange(1, 9)) for _ in range(rng.randrange(1, 6))])
          for n in range(30000)]
by_tag = collections.defaultdict(set)
for r in customers.values():
    for tag in r["tags"]:
        by_tag[tag].add(r["id"])
trees = [ast.parse(open(m.__file__).read()) for m in (ast, json, random, collections, tokenize)]
index = {}
for o in orders:
    for name, _, _ in o.items:
        index.setdefault(name, []).append(o.number)
cache = {hash((o.number, name)): f"{o.number}:{name}:{price:.2f}" for o in orders for name, price, _ in o.items}
print("ready", flush=True)
sys.stdin.read()
