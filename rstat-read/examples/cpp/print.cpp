// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prints the latest sample.
//
//     c++ -std=c++17 print.cpp $(pkg-config --cflags --libs rstat_read) -o print && ./print
//
// Usage: print [REGION]
#include <rstat_read.h>

#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace {

// The structure, which has the name of the function that fills it.
using Snapshot = struct rstat_snapshot;

void check(int result)
{
	if (result != RSTAT_OK)
		throw std::runtime_error(rstat_strerror(result));
}

// A reader that closes itself.
class Reader {
public:
	explicit Reader(const char *path)
	{
		rstat_reader *reader = nullptr;
		check(rstat_open(path, &reader));
		reader_.reset(reader);
	}

	Snapshot snapshot() const
	{
		Snapshot sample;
		check(rstat_snapshot(reader_.get(), &sample, sizeof sample));
		return sample;
	}

private:
	struct Close {
		void operator()(rstat_reader *reader) const { rstat_close(reader); }
	};
	std::unique_ptr<rstat_reader, Close> reader_;
};

// A value if the sample knows it.
template <typename T>
std::optional<T> known(const Snapshot &sample, std::uint64_t valid, T Snapshot::*member)
{
	if ((sample.valid & valid) != valid)
		return std::nullopt;
	return sample.*member;
}

template <typename T>
void print(std::string_view name, std::optional<T> value)
{
	std::cout << name << ' ';
	if (value)
		std::cout << *value << '\n';
	else
		std::cout << "-\n";
}

} // namespace

int main(int argc, char **argv)
try {
	const auto sample = Reader(argc > 1 ? argv[1] : nullptr).snapshot();
	print("sequence", known(sample, 0, &Snapshot::sequence));
	print("cpu_busy_ppm", known(sample, RSTAT_VALID_CPU, &Snapshot::cpu_busy_ppm));
	print("cpu_temperature_mc",
	      known(sample, RSTAT_VALID_CPU_TEMPERATURE, &Snapshot::cpu_temperature_mc));
	print("memory_used_bytes",
	      known(sample, RSTAT_VALID_MEMORY, &Snapshot::memory_used_bytes));
	print("swap_used_bytes", known(sample, RSTAT_VALID_SWAP, &Snapshot::swap_used_bytes));
	if (sample.valid & RSTAT_VALID_PROCESS_CPU)
		for (const auto &row : sample.top_cpu)
			if (row.count)
				std::cout << "top_cpu " << row.comm << ' ' << row.cpu_ppm << '\n';
	return 0;
} catch (const std::exception &error) {
	std::cerr << "print: " << error.what() << '\n';
	return 1;
}
