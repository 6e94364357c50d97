/* The processors in one process, see fold_mesh.h. */
#include "fold_mesh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message on its way; owned, packed. */
struct letter {
	const ProtobufCMessageDescriptor *type;
	uint8_t *bytes;
	size_t size;
	char *key;
	uint64_t id;
	struct letter *next;
};

/* All that one processor hears of one topic, in order. */
struct channel {
	enum fold_mesh_part part;
	const char *topic;
	bool reference;
	struct letter *first, **last;
};

#define CHANNELS_MAX 64

struct fold_mesh {
	const struct bus_processor *parts[FOLD_MESH_PARTS];
	struct bus_fold *folds[FOLD_MESH_PARTS];
	void *twins[FOLD_MESH_PARTS];
	struct channel channels[CHANNELS_MAX];
	size_t channel_count;
	uint64_t seed, last_id;
	int64_t now;
	fold_mesh_watch_fn watch;
	void *arg;
};

char *fold_mesh_id(uint64_t number, char *buf)
{
	snprintf(buf, BUS_ID_TEXT, "00000000-0000-4000-8000-%012llu",
		 (unsigned long long)(number % 1000000000000));
	return buf;
}

static void add_channel(struct fold_mesh *mesh, enum fold_mesh_part part, const char *topic,
			bool reference)
{
	struct channel *channel = &mesh->channels[mesh->channel_count++];

	bus_assert(mesh->channel_count <= CHANNELS_MAX);
	*channel = (struct channel){ .part = part, .topic = topic, .reference = reference };
	channel->last = &channel->first;
}

static void add_part(struct fold_mesh *mesh, enum fold_mesh_part part)
{
	const struct bus_processor *def = mesh->parts[part];

	mesh->folds[part] = bus_fold_new(def);
	mesh->twins[part] = def->state_new();
	for (const struct bus_input_topic *input = def->inputs; input->topic != NULL; input++)
		add_channel(mesh, part, input->topic, false);
	for (const struct bus_reference_topic *reference = def->references;
	     reference != NULL && reference->topic != NULL; reference++)
		add_channel(mesh, part, reference->topic, true);
}

struct fold_mesh *fold_mesh_new(const struct bus_processor *const parts[FOLD_MESH_PARTS],
				uint64_t seed, fold_mesh_watch_fn watch, void *arg)
{
	struct fold_mesh *mesh = bus_calloc(1, sizeof(*mesh));

	mesh->seed = seed * 0x9e3779b97f4a7c15 + 1;
	mesh->last_id = 900000000000; /* of what the processors send; far from the commands' */
	mesh->watch = watch;
	mesh->arg = arg;
	for (int part = 0; part < FOLD_MESH_PARTS; part++) {
		mesh->parts[part] = parts[part];
		add_part(mesh, (enum fold_mesh_part)part);
	}
	return mesh;
}

static void letter_free(struct letter *letter)
{
	free(letter->bytes);
	free(letter->key);
	free(letter);
}

void fold_mesh_free(struct fold_mesh *mesh)
{
	for (size_t i = 0; i < mesh->channel_count; i++)
		while (mesh->channels[i].first != NULL) {
			struct letter *letter = mesh->channels[i].first;

			mesh->channels[i].first = letter->next;
			letter_free(letter);
		}
	for (int part = 0; part < FOLD_MESH_PARTS; part++) {
		mesh->parts[part]->state_free(mesh->twins[part]);
		bus_fold_free(mesh->folds[part]);
	}
	free(mesh);
}

void *fold_mesh_state(struct fold_mesh *mesh, enum fold_mesh_part part)
{
	return bus_fold_state(mesh->folds[part]);
}

void *fold_mesh_twin(struct fold_mesh *mesh, enum fold_mesh_part part)
{
	return mesh->twins[part];
}

/* Whether a processor has a handler for it; of a journal most facts concern few. */
static bool handles(const struct bus_processor *def, const ProtobufCMessageDescriptor *type)
{
	for (const struct bus_handler *handler = def->handlers; handler->type != NULL; handler++)
		if (strcmp(handler->type->name, type->name) == 0 &&
		    (handler->topic == NULL || strcmp(handler->topic, BUS_TIMER) != 0))
			return true;
	return false;
}

static void post(struct channel *channel, const char *key, uint64_t id,
		 const ProtobufCMessage *message)
{
	struct letter *letter = bus_calloc(1, sizeof(*letter));

	letter->type = message->descriptor;
	letter->size = protobuf_c_message_get_packed_size(message);
	letter->bytes = bus_malloc(letter->size + 1);
	protobuf_c_message_pack(message, letter->bytes);
	letter->key = bus_malloc(strlen(key) + 1);
	memcpy(letter->key, key, strlen(key) + 1);
	letter->id = id;
	*channel->last = letter;
	channel->last = &letter->next;
}

void fold_mesh_send(struct fold_mesh *mesh, const char *topic, const char *key, uint64_t id,
		    const ProtobufCMessage *message)
{
	for (size_t i = 0; i < mesh->channel_count; i++) {
		struct channel *channel = &mesh->channels[i];

		if (strcmp(channel->topic, topic) == 0 &&
		    (channel->reference ||
		     handles(mesh->parts[channel->part], message->descriptor)))
			post(channel, key, id, message);
	}
}

static void distribute(struct fold_mesh *mesh, enum fold_mesh_part part)
{
	const struct bus_processor *def = mesh->parts[part];
	struct bus_fold *fold = mesh->folds[part];

	for (size_t i = 0; i < bus_fold_fact_count(fold); i++) {
		const struct bus_fact *fact = bus_fold_fact(fold, i);

		def->evolve(mesh->twins[part], fact);
		fold_mesh_send(mesh, def->journal, fact->key, ++mesh->last_id, fact->message);
	}
	for (size_t i = 0; i < bus_fold_reaction_count(fold); i++) {
		const struct bus_fold_reaction *reaction = bus_fold_reaction(fold, i);

		fold_mesh_send(mesh, reaction->topic, reaction->key, ++mesh->last_id,
			       reaction->message);
	}
}

static void stepped(struct fold_mesh *mesh, const struct fold_mesh_step *step)
{
	distribute(mesh, step->part);
	mesh->watch(mesh->arg, step);
}

static void fire(struct fold_mesh *mesh, enum fold_mesh_part part)
{
	struct fold_mesh_step step = {
		.part = part, .topic = BUS_TIMER, .fold = mesh->folds[part], .now = mesh->now
	};

	bus_fold_now(mesh->folds[part], mesh->now);
	while ((step.result = bus_fold_due(mesh->folds[part])) != 0)
		stepped(mesh, &step);
}

void fold_mesh_now(struct fold_mesh *mesh, int64_t now)
{
	mesh->now = now;
	for (int part = 0; part < FOLD_MESH_PARTS; part++)
		fire(mesh, (enum fold_mesh_part)part);
}

static void hand_over(struct fold_mesh *mesh, const struct channel *channel,
		      const struct letter *letter)
{
	struct bus_fold *fold = mesh->folds[channel->part];
	struct fold_mesh_step step = { .part = channel->part,
				       .topic = channel->topic,
				       .key = letter->key,
				       .fold = fold,
				       .now = mesh->now };
	ProtobufCMessage *message =
		protobuf_c_message_unpack(letter->type, NULL, letter->size, letter->bytes);
	char id[BUS_ID_TEXT];

	bus_assert(message != NULL);
	step.message = message;
	if (channel->reference) {
		bus_fold_reference(fold, channel->topic, letter->key, message);
	} else {
		step.result = bus_fold_input(fold, channel->topic, letter->key,
					     fold_mesh_id(letter->id, id), message);
		stepped(mesh, &step);
		fire(mesh, channel->part);
	}
	protobuf_c_message_free_unpacked(message, NULL);
}

static struct channel *draw_channel(struct fold_mesh *mesh)
{
	struct channel *found = NULL;
	uint64_t seen = 0;

	for (size_t i = 0; i < mesh->channel_count; i++) {
		if (mesh->channels[i].first == NULL)
			continue;
		mesh->seed ^= mesh->seed << 13;
		mesh->seed ^= mesh->seed >> 7;
		mesh->seed ^= mesh->seed << 17;
		if ((mesh->seed >> 11) % ++seen == 0)
			found = &mesh->channels[i];
	}
	return found;
}

bool fold_mesh_deliver(struct fold_mesh *mesh)
{
	struct channel *channel = draw_channel(mesh);
	struct letter *letter;

	if (channel == NULL)
		return false;
	letter = channel->first;
	channel->first = letter->next;
	if (channel->first == NULL)
		channel->last = &channel->first;
	hand_over(mesh, channel, letter);
	letter_free(letter);
	return true;
}

void fold_mesh_settle(struct fold_mesh *mesh)
{
	while (fold_mesh_deliver(mesh))
		;
}
