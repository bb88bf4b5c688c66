#include "normlab/core/shell_word.h"

#include <doctest/doctest.h>

using normlab::shell_word;

TEST_CASE("a word of a command is quoted where a shell would read something else") {
  CHECK(shell_word("results/claims-2/c1.json") == "results/claims-2/c1.json");
  CHECK(shell_word("norm=none,layer") == "norm=none,layer");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("my claims") == "'my claims'");
  CHECK(shell_word("validation.error<=0.02 for 2") == "'validation.error<=0.02 for 2'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
}
