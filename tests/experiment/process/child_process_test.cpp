#include "normlab/experiment/process/child_process.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <iostream>
#include <iterator>
#include <thread>

#include "normlab/experiment/process/cores.h"
#include "normlab/experiment/process/run_state.h"

using namespace normlab;

namespace {

// Longer than the longest argument of a command line (131072 bytes on Linux).
constexpr std::size_t long_input = 300'000;
constexpr const char* reader = "reads a long standard input";

ChildExit wait_for(ChildProcess& child) {
  while (true) {
    if (const auto exit = child.poll()) return *exit;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

// What the child of the next test case runs; alone it has nothing to read.
TEST_CASE("reads a long standard input" * doctest::skip()) {
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  CHECK(input == std::string(long_input, 'x'));
}

// What the child of the test case about SIGTERM runs.
TEST_CASE("waits to be told to stop" * doctest::skip()) {
  std::this_thread::sleep_for(std::chrono::seconds(10));
}

// A signal that is ignored stays so in a program that takes this one's place.
TEST_CASE("a child obeys SIGTERM, whatever its parent makes of it") {
  ChildStart start;
  start.arguments = {"--test-case=waits to be told to stop", "--no-skip"};
  start.cores = {available_cores().front()};
  const auto before = std::signal(SIGTERM, SIG_IGN);
  ChildProcess child(start);
  std::signal(SIGTERM, before);
  std::optional<ChildExit> exit;
  while (!exit) {  // the first may come before the child has changed anything
    child.send(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    exit = child.poll();
  }
  CHECK(exit->signal == SIGTERM);
}

TEST_CASE("a config that is too long for a command line reaches the child whole") {
  const std::string filter = std::string("--test-case=") + reader;
  ChildStart start;
  start.arguments = {filter, "--no-skip"};
  start.cores = {available_cores().front()};
  start.input = std::string(long_input, 'x');
  ChildProcess child(start);
  CHECK(wait_for(child).status == 0);
  start.input.pop_back();
  ChildProcess shorter(start);
  CHECK(wait_for(shorter).status == 1);
}

TEST_CASE("a core that the process may not use is told as such, and the child runs all the same") {
  ChildStart start;
  const SharedRunState state;
  start.arguments = {"--test-case=nothing at all"};
  start.cores = {machine_cores() + 1000};
  start.pin_error = &state->pin_error;
  ChildProcess child(start);
  CHECK(wait_for(child).status == 0);
  CHECK(state->pin_error == EINVAL);
}
