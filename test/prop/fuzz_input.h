/*
 * What a fuzzer's bytes are taken for. Each runs them through the real processors and returns true
 * when nothing is wrong; false: what is wrong is on stderr.
 *
 * fuzz_mesh: rows and raw messages of orders.commands, portfolio.commands and market.commands, to
 * the mesh in process, watched after every step. fuzz_book: raw messages of books.commands, and
 * facts of the market, to the book; what no desk would send included.
 */
#ifndef PROP_FUZZ_INPUT_H
#define PROP_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fuzz_mesh(const uint8_t *data, size_t size);
bool fuzz_book(const uint8_t *data, size_t size);

#endif
