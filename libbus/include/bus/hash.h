/*
 * Two hashes: Kafka's Murmur2, which decides partitions, and a 64-bit one by which a processor
 * recognises the last record that it read.
 */
#ifndef BUS_HASH_H
#define BUS_HASH_H

#include "bus/base.h"

/* org.apache.kafka.common.utils.Utils.murmur2, bit for bit. */
uint32_t bus_murmur2(struct bus_bytes key);
/* The Java client's default partitioner for records with a key: (murmur2 & 0x7fffffff) % count. */
int32_t bus_partition(struct bus_bytes key, int32_t partition_count);

/* FNV-1a, 64 bits, continued from `seed` (start with BUS_HASH_SEED). */
#define BUS_HASH_SEED UINT64_C(0xcbf29ce484222325)
uint64_t bus_hash64(uint64_t seed, struct bus_bytes data);

#endif
