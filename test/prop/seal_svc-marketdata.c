/* Nothing of the market is looked into; the file makes it like the others (Makefile). */
#include "seal.h"

extern const char seal_market[];
const char seal_market[] = "market";
