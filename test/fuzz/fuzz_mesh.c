/* libFuzzer on the mesh in process, see test/prop/fuzz_input.h. `make fuzz` runs it. */
#include <stdlib.h>

#include "../prop/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!fuzz_mesh(data, size))
		abort();
	return 0;
}
