#include "fuzz/fuzz_checks.h"
#include "normlab/claims/claims_file.h"

namespace normlab::fuzz {

// A file of claims.
bool fuzz_claims(ByteSpan input) {
  return accepted([&] {
    const ClaimsFile file = parse_claims(InputReader(input).text(), "claims.json");
    require(file.level > 0 && file.level < 1, "a level is a probability");
    require(!file.claims.empty(), "a file has a claim");
    for (const Claim& claim : file.claims)
      require(claim.contrasts.empty() != claim.invariances.empty(),
              "a claim is of contrasts or of invariances");
  });
}

}  // namespace normlab::fuzz
