// Node.js at work: JSON, maps, classes, closures, strings, and a tree.
let state = 7;
const below = (n) => {
	state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
	return Math.floor(state / 0x80000000 * n);
};
const words = require('fs').readFileSync(__filename, 'utf8').split(/\W+/).filter((w) => w);
const word = () => words[below(words.length)];

class Node {
	constructor(key, value) {
		this.key = key;
		this.value = value;
		this.left = this.right = null;
	}
}
function insert(root, node) {
	for (;;) {
		const side = node.key < root.key ? 'left' : 'right';
		if (!root[side]) {
			root[side] = node;
			return;
		}
		root = root[side];
	}
}

const text = JSON.stringify(Array.from({ length: 20000 }, (_, id) => ({
	id,
	name: `${word()} ${word()}`,
	mail: `${word().toLowerCase()}${id}@example.org`,
	active: below(10) < 8,
	balance: below(100000) / 100,
	tags: [word(), word(), word()],
	address: { street: `${word()} street ${below(200)}`, zip: 10000 + below(89999) },
})));
const customers = new Map(JSON.parse(text).map((r) => [r.id, r]));
const root = new Node(0.5, 'root');
for (let i = 0; i < 60000; i++)
	insert(root, new Node(below(1 << 30) / (1 << 30), `${word()}-${i}`));
const orders = Array.from({ length: 30000 }, (_, number) => {
	const items = Array.from({ length: 1 + below(5) }, () => ({ name: word(), price: below(5000) / 100, count: 1 + below(8) }));
	return { number, customer: customers.get(below(20000)), items, total: () => items.reduce((t, i) => t + i.price * i.count, 0) };
});
const index = {};
for (const o of orders)
	for (const i of o.items)
		(index[`_${i.name}`] ||= new Set()).add(o.number);
const lines = orders.map((o) => `${o.number};${o.customer.name};${o.total().toFixed(2)}`).join('\n').split('\n');
globalThis.kept = [text, customers, root, orders, index, lines];
process.stdout.write('ready\n');
process.stdin.resume();
