// SPDX-License-Identifier: GPL-2.0
import java.util.*;
import java.util.stream.*;

/** Java at work: records, maps, a tree, strings, and what a parser makes of text. */
public class Heap {
	record Address(String street, int zip) { }
	record Customer(int id, String name, String mail, boolean active, double balance, List<String> tags, Address address) { }
	record Item(String name, double price, int count) { }
	record Order(long number, Customer customer, List<Item> items) {
		double total() { return items.stream().mapToDouble(i -> i.price() * i.count()).sum(); }
	}
	interface Expression { }
	record Num(double value) implements Expression { }
	record Binary(char op, Expression left, Expression right) implements Expression { }

	static final Random random = new Random(7);
	static final String[] WORDS = ("the quick brown fox jumps over the lazy dog while records maps trees and strings "
		+ "of a program at work fill its heap with names numbers and references to each other").split(" ");
	static Object[] kept;

	static String word() { return WORDS[random.nextInt(WORDS.length)]; }

	static Customer customer(int id) {
		return new Customer(id, word() + " " + word(), word() + id + "@example.org", random.nextInt(10) < 8,
			random.nextGaussian() * 50 + 100, List.of(word(), word(), word()),
			new Address(word() + " street " + random.nextInt(200), 10000 + random.nextInt(89999)));
	}

	static Expression expression(int depth) {
		if (depth == 0 || random.nextInt(5) == 0)
			return new Num(random.nextInt(1000) / 8.0);
		return new Binary("+-*/".charAt(random.nextInt(4)), expression(depth - 1), expression(depth - 1));
	}

	public static void main(String[] arguments) throws Exception {
		Map<Integer, Customer> customers = new HashMap<>();
		for (int i = 0; i < 40000; i++)
			customers.put(i, customer(i));
		List<Order> orders = new ArrayList<>();
		for (long n = 0; n < 60000; n++)
			orders.add(new Order(n, customers.get(random.nextInt(40000)), IntStream.rangeClosed(0, random.nextInt(5))
				.mapToObj(i -> new Item(word(), random.nextInt(5000) / 100.0, 1 + random.nextInt(8))).toList()));
		TreeMap<Double, Order> byTotal = new TreeMap<>();
		orders.forEach(o -> byTotal.put(o.total() + o.number() * 1e-9, o));
		Map<String, List<Long>> index = new TreeMap<>();
		orders.forEach(o -> o.items().forEach(i -> index.computeIfAbsent(i.name(), k -> new ArrayList<>()).add(o.number())));
		String text = orders.stream().map(o -> o.number() + ";" + o.customer().name() + ";" + o.total())
			.collect(Collectors.joining("\n"));
		List<String> lines = text.lines().toList();
		List<Expression> expressions = IntStream.range(0, 4000).mapToObj(i -> expression(7)).toList();
		kept = new Object[] { customers, orders, byTotal, index, text, lines, expressions };
		System.out.println("ready");
		System.in.read();
	}
}
