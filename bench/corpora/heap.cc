// SPDX-License-Identifier: GPL-2.0
// What keeps a C++ compiler busy: the library's templates, and some of its own.
#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

template <int N> struct Record {
	std::string name;
	std::array<int, N> numbers{};
	std::variant<int, double, std::string> value;
	bool operator<(const Record &other) const { return std::tie(name, numbers) < std::tie(other.name, other.numbers); }
};

template <int N> int work(int seed)
{
	std::map<std::string, Record<N>> records;
	std::unordered_map<int, std::vector<std::unique_ptr<Record<N>>>> index;
	std::set<Record<N>> sorted;

	for (int i = 0; i < N; i++) {
		Record<N> r{ "record " + std::to_string(seed + i), {}, i % 2 ? std::variant<int, double, std::string>(i) : "text" };

		std::iota(r.numbers.begin(), r.numbers.end(), seed);
		index[i % 7].push_back(std::make_unique<Record<N>>(r));
		sorted.insert(r);
		records.emplace(r.name, std::move(r));
	}
	std::function<int(int)> f = [&](int x) {
		return std::accumulate(sorted.begin(), sorted.end(), x, [](int sum, const auto &r) {
			return sum + std::visit([](const auto &v) { return int(sizeof(v)); }, r.value) + r.numbers[N / 2];
		});
	};
	return f(int(records.size() + index.size()));
}

template <int... N> int all(std::integer_sequence<int, N...>)
{
	return (work<N + 1>(N) + ...);
}

int main()
{
	std::cout << all(std::make_integer_sequence<int, 3>()) << '\n';
	return 0;
}
