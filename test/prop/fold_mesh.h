/*
 * The real processors in one process: what each says goes to those who hear it, one message at a
 * time. Who is next is drawn from a seed; what comes from one source keeps its order. A run is a
 * function of its seed and of what is sent, so it can be repeated and shortened.
 *
 * Beside every processor's state a twin is folded from its facts alone.
 */
#ifndef PROP_FOLD_MESH_H
#define PROP_FOLD_MESH_H

#include "bus/fold.h"

#define FOLD_MESH_PARTS 4

enum fold_mesh_part { MESH_DESK, MESH_BOOK, MESH_LEDGER, MESH_MARKET };

/* One input of one processor, and what it led to: the facts and reactions of its fold. */
struct fold_mesh_step {
	enum fold_mesh_part part;
	const char *topic; /* BUS_TIMER: a timer, and message is NULL */
	const char *key;
	const ProtobufCMessage *message;
	int result; /* of bus_fold_input() */
	struct bus_fold *fold;
	int64_t now;
};

struct fold_mesh;
typedef void (*fold_mesh_watch_fn)(void *arg, const struct fold_mesh_step *step);

struct fold_mesh *fold_mesh_new(const struct bus_processor *const parts[FOLD_MESH_PARTS],
				uint64_t seed, fold_mesh_watch_fn watch, void *arg);
void fold_mesh_free(struct fold_mesh *mesh);

/* From outside: to whoever hears the topic, or has it as a reference. `id`: of the command. */
void fold_mesh_send(struct fold_mesh *mesh, const char *topic, const char *key, uint64_t id,
		    const ProtobufCMessage *message);
/* Delivers one message, whichever is drawn; false when none is on its way. */
bool fold_mesh_deliver(struct fold_mesh *mesh);
/* Delivers until nothing is on its way. */
void fold_mesh_settle(struct fold_mesh *mesh);
/* The clock of all; timers that it makes due fire at once. */
void fold_mesh_now(struct fold_mesh *mesh, int64_t now);

/* The state of a processor, and its twin. */
void *fold_mesh_state(struct fold_mesh *mesh, enum fold_mesh_part part);
void *fold_mesh_twin(struct fold_mesh *mesh, enum fold_mesh_part part);

/* The UUID text of a number, into buf[BUS_ID_TEXT]; and back, 0 for what is none of these. */
char *fold_mesh_id(uint64_t number, char *buf);

#endif
