/* Snapshots per key, unpacked once when they arrive so that a lookup is one hash. */
#include "reference.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct bus__snapshot {
	UT_hash_handle hh;
	char *key;		   /* owned */
	ProtobufCMessage *message; /* owned; NULL: removed by a tombstone */
	int64_t epoch, sequence;
};

void bus__references_init(struct bus_references *references,
			  const struct bus_reference_topic *topics)
{
	memset(references, 0, sizeof(*references));
	references->topics = topics;
	while (topics && topics[references->count].topic)
		references->count++;
	bus_assert(references->count <= BUS__REFERENCES_MAX);
}

void bus__references_release(struct bus_references *references)
{
	struct bus__snapshot *snapshot, *next;

	for (size_t i = 0; i < references->count; i++) {
		HASH_ITER (hh, references->snapshots[i], snapshot, next) {
			HASH_DEL(references->snapshots[i], snapshot);
			if (snapshot->message)
				protobuf_c_message_free_unpacked(snapshot->message, NULL);
			free(snapshot->key);
			free(snapshot);
		}
	}
}

int bus__references_topic(const struct bus_references *references, const char *topic)
{
	for (size_t i = 0; i < references->count; i++)
		if (strcmp(references->topics[i].topic, topic) == 0)
			return (int)i;
	return -1;
}

int bus__references_put(struct bus_references *references, int topic, struct bus_bytes key,
			int64_t epoch, int64_t sequence, struct bus_bytes value)
{
	struct bus__snapshot *snapshot;
	ProtobufCMessage *message = NULL;

	if (value.len) {
		message = protobuf_c_message_unpack(references->topics[topic].message, NULL,
						    value.len, value.data);
		if (!message)
			return BUS_ERR_UNDECODABLE;
	}
	HASH_FIND(hh, references->snapshots[topic], key.data, key.len, snapshot);
	if (!snapshot) {
		snapshot = bus_calloc(1, sizeof(*snapshot));
		snapshot->key = bus_malloc(key.len + 1);
		memcpy(snapshot->key, key.data, key.len);
		snapshot->key[key.len] = '\0';
		HASH_ADD_KEYPTR(hh, references->snapshots[topic], snapshot->key, key.len, snapshot);
	} else if (epoch < snapshot->epoch ||
		   (epoch == snapshot->epoch && sequence < snapshot->sequence)) {
		if (message)
			protobuf_c_message_free_unpacked(message, NULL);
		return 0;
	}
	if (snapshot->message)
		protobuf_c_message_free_unpacked(snapshot->message, NULL);
	snapshot->message = message;
	snapshot->epoch = epoch;
	snapshot->sequence = sequence;
	return 0;
}

size_t bus__references_size(const struct bus_references *references)
{
	size_t size = 0;

	for (size_t i = 0; i < references->count; i++)
		size += HASH_COUNT(references->snapshots[i]);
	return size;
}

const void *bus_reference(const struct bus_input *input, const char *topic, const char *key)
{
	int index = bus__references_topic(input->references, topic);
	struct bus__snapshot *snapshot;

	bus_assert(index >= 0);
	HASH_FIND(hh, input->references->snapshots[index], key, strlen(key), snapshot);
	return snapshot ? snapshot->message : NULL;
}
