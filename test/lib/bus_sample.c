/* See bus_sample.h. */
#include "lib/bus_sample.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "bourse/sample/v1/sample.pb-c.h"
#include "bus/hash.h"
#include "bus/id.h"

static const char *const topics[] = { "sample.commands", "sample.feed", "sample.events",
				      "sample.copies" };

/* ---- life ---- */

void sample_topics(struct world *w)
{
	static const char *const config[] = { "message.timestamp.type", "LogAppendTime",
					      "max.message.bytes", "8454144", NULL };

	for (size_t i = 0; i < BUS_ARRAY_LEN(topics); i++)
		world_topic(w, topics[i], SAMPLE_PARTITIONS, config);
}

void sample_renew(struct world *w)
{
	for (size_t i = 0; i < BUS_ARRAY_LEN(topics); i++)
		world_topic_delete(w, topics[i]);
	world_sleep(500);
	sample_topics(w);
	world_exec(w, SAMPLE_DB,
		   "truncate lease, outbox, command, timer, refused_input, parked_input, cluster, "
		   "tally");
}

/* ---- inputs ---- */

static struct bus_bytes text_bytes(const char *text)
{
	return bus_bytes(text, strlen(text));
}

static int64_t command_time;

void sample_time(int64_t micros)
{
	command_time = micros;
}

static void send_command(struct world *w, const char *key, const char *ce_id,
			 const ProtobufCMessage *message)
{
	struct world_header headers[3] = { { "ce_id", { 0 } },
					   { "ce_type", text_bytes(message->descriptor->name) } };
	char id[BUS_ID_TEXT], time[BUS_TIME_TEXT];
	uint8_t value[512];
	struct world_record record = { .topic = "sample.commands",
				       .partition = RD_KAFKA_PARTITION_UA,
				       .key = text_bytes(key),
				       .headers = headers,
				       .header_count = 2 };

	headers[0].value = text_bytes(ce_id ? ce_id : bus_id_format(bus_id_random(), id));
	if (command_time)
		headers[record.header_count++] =
			(struct world_header){ "ce_time",
					       text_bytes(bus_time_format(command_time, time)) };
	ck_assert_uint_le(protobuf_c_message_get_packed_size(message), sizeof(value));
	record.value = bus_bytes(value, protobuf_c_message_pack(message, value));
	world_send(w, &record);
}

static void send_add(struct world *w, const char *key, int64_t amount, const char *ce_id,
		     const char *pass_to)
{
	Bourse__Sample__V1__Add add = BOURSE__SAMPLE__V1__ADD__INIT;

	add.tally_id = (char *)(uintptr_t)key;
	add.amount = amount;
	add.pass_to = (char *)(uintptr_t)pass_to;
	send_command(w, key, ce_id, &add.base);
}

void sample_add(struct world *w, const char *key, int64_t amount, const char *ce_id)
{
	send_add(w, key, amount, ce_id, "");
}

void sample_pass(struct world *w, const char *key, int64_t amount, const char *to)
{
	send_add(w, key, amount, NULL, to);
}

void sample_remind(struct world *w, const char *key, const char *name, int64_t due, int64_t amount,
		   int64_t times)
{
	Bourse__Sample__V1__Remind remind = BOURSE__SAMPLE__V1__REMIND__INIT;

	remind.tally_id = (char *)(uintptr_t)key;
	remind.name = (char *)(uintptr_t)name;
	remind.due_micros = due;
	remind.amount = amount;
	remind.times = times;
	send_command(w, key, NULL, &remind.base);
}

void sample_add_many(struct world *w, const char *prefix, int keys, int count)
{
	char key[64];

	for (int i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "%s-%d", prefix, i % keys);
		sample_add(w, key, 1, NULL);
	}
}

int32_t sample_partition(const char *key)
{
	return bus_partition(text_bytes(key), SAMPLE_PARTITIONS);
}

void sample_key(char out[64], const char *prefix, int32_t partition)
{
	int i = 0;

	do
		snprintf(out, 64, "%s-%d", prefix, i++);
	while (sample_partition(out) != partition);
}

static void feeder_headers(struct world_header headers[5], int source, const char *type,
			   int64_t epoch, int64_t sequence, char text[4][64])
{
	snprintf(text[0], 64, "/sample/feeder/%d", source);
	snprintf(text[1], 64, "%" PRId64, epoch);
	snprintf(text[2], 64, "%" PRId64, sequence);
	snprintf(text[3], 64, "%" PRId64 ".%" PRId64, epoch, sequence);
	headers[0] = (struct world_header){ "ce_source", text_bytes(text[0]) };
	headers[1] = (struct world_header){ "ce_type", text_bytes(type) };
	headers[2] = (struct world_header){ "ce_epoch", text_bytes(text[1]) };
	headers[3] = (struct world_header){ "ce_id", text_bytes(text[3]) };
	headers[4] = (struct world_header){ "ce_sequence", text_bytes(text[2]) };
}

void sample_feed(struct world *w, int source, const char *key, int64_t amount, int64_t epoch,
		 int64_t sequence)
{
	Bourse__Sample__V1__Fed fed = BOURSE__SAMPLE__V1__FED__INIT;
	struct world_header headers[5];
	char text[4][64];
	uint8_t value[256];
	struct world_record record = { .topic = "sample.feed",
				       .partition = sample_partition(key),
				       .key = text_bytes(key),
				       .headers = headers,
				       .header_count = 5 };

	feeder_headers(headers, source, "bourse.sample.v1.Fed", epoch, sequence, text);
	fed.tally_id = (char *)(uintptr_t)key;
	fed.amount = amount;
	record.value = bus_bytes(value, bourse__sample__v1__fed__pack(&fed, value));
	world_send(w, &record);
}

void sample_feed_opening(struct world *w, int source, int32_t partition, int64_t epoch)
{
	struct world_header headers[5];
	char text[4][64];
	struct world_record record = { .topic = "sample.feed",
				       .partition = partition,
				       .headers = headers,
				       .header_count = 4 };

	feeder_headers(headers, source, BUS_OPENING_TYPE, epoch, 0, text);
	record.key = text_bytes(text[0]);
	world_send(w, &record);
}

/* ---- what it did ---- */

static bool all_read(struct world *w)
{
	for (size_t i = 0; i < 2; i++)
		for (int32_t k = 0; k < SAMPLE_PARTITIONS; k++)
			if (world_number(w, SAMPLE_DB,
					 "select next_offset from lease_position where topic = '%s'"
					 " and partition = %d",
					 topics[i], k) < world_end(w, topics[i], k))
				return false;
	return true;
}

/* What was decided may have become a command, which is to be read again. */
bool sample_quiet(struct world *w)
{
	return all_read(w) &&
	       world_number(w, SAMPLE_DB,
			    "select count(*) from lease where published < sequence") == 0 &&
	       all_read(w);
}

int64_t sample_tally(const struct world *w, const char *key)
{
	return world_number(w, SAMPLE_DB, "select total from tally where tally = '%s'", key);
}

struct told {
	UT_hash_handle hh;
	int64_t sum, last, copied;
	char key[];
};

struct effect {
	UT_hash_handle hh;
	char name[];
};

struct reminder {
	UT_hash_handle hh;
	int64_t due;
	char name[]; /* KEY NAME */
};

struct audit {
	struct told *tallies;
	struct effect *effects;
	struct reminder *reminders;
	char going_on[512]; /* the firing of which further steps are to come */
	struct sample_totals totals;
	int64_t reactions, copies;
};

static struct told *tell(struct audit *audit, const char *key)
{
	struct told *told;

	HASH_FIND_STR(audit->tallies, key, told);
	if (!told) {
		told = bus_calloc(1, sizeof(*told) + strlen(key) + 1);
		memcpy(told->key, key, strlen(key) + 1);
		HASH_ADD_STR(audit->tallies, key, told);
	}
	return told;
}

/* A command that has two effects is what all of this exists to prevent. */
static void one_effect(struct audit *audit, const char *key, const Bourse__Bus__V1__Cause *cause)
{
	char name[512];
	struct effect *effect;

	if (cause->timer[0])
		snprintf(name, sizeof(name), "%s %s@%" PRId64, key, cause->timer,
			 cause->due_micros);
	else if (strcmp(cause->topic, "sample.commands") == 0)
		snprintf(name, sizeof(name), "%s %s", key, cause->id);
	else
		snprintf(name, sizeof(name), "%s/%d/%" PRId64, cause->topic, cause->partition,
			 cause->offset);
	if (strcmp(name, audit->going_on) == 0)
		return;
	ck_assert_str_eq(audit->going_on, "");
	audit->totals.fired += cause->timer[0] != '\0';
	HASH_FIND_STR(audit->effects, name, effect);
	ck_assert_msg(!effect, "two effects: %s", name);
	effect = bus_calloc(1, sizeof(*effect) + strlen(name) + 1);
	memcpy(effect->name, name, strlen(name) + 1);
	HASH_ADD_STR(audit->effects, name, effect);
}

/* Sets, moves or with a due of 0 removes a reminder: the timers are the fold of the journal too. */
static void remind(struct audit *audit, const char *key, const char *name, int64_t due)
{
	struct reminder *reminder;
	char text[512];

	snprintf(text, sizeof(text), "%s %s", key, name);
	HASH_FIND_STR(audit->reminders, text, reminder);
	if (reminder && !due) {
		HASH_DEL(audit->reminders, reminder);
		free(reminder);
	} else if (due) {
		if (!reminder) {
			reminder = bus_calloc(1, sizeof(*reminder) + strlen(text) + 1);
			memcpy(reminder->name, text, strlen(text) + 1);
			HASH_ADD_STR(audit->reminders, name, reminder);
		}
		reminder->due = due;
	}
}

static void fired(struct audit *audit, const char *key, const Bourse__Bus__V1__StepMeta *meta)
{
	const Bourse__Bus__V1__Cause *cause = meta->cause;
	struct reminder *reminder;
	char text[512];

	ck_assert_int_le(cause->due_micros, meta->now_micros);
	snprintf(text, sizeof(text), "%s %s", key, cause->timer);
	HASH_FIND_STR(audit->reminders, text, reminder);
	if (reminder && reminder->due == cause->due_micros)
		remind(audit, key, cause->timer, 0);
}

static void on_event(struct audit *audit, const Bourse__Sample__V1__SampleEvent *event)
{
	struct told *told;

	switch (event->event_case) {
	case BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED:
		audit->totals.added++;
		told = tell(audit, event->added->tally_id);
		told->sum += event->added->amount;
		told->last = event->added->total;
		ck_assert_int_eq(told->sum, told->last);
		audit->totals.passed += event->added->pass_to[0] != '\0';
		break;
	case BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADD_REJECTED:
		audit->totals.rejected++;
		break;
	case BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_PARKED:
		audit->totals.parked++;
		break;
	case BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_REMINDER_SET:
		remind(audit, event->reminder_set->tally_id, event->reminder_set->name,
		       event->reminder_set->due_micros);
		break;
	case BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT__NOT_SET:
	case _BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT__CASE_IS_INT_SIZE:
		ck_abort_msg("a fact that is none");
	}
}

/* A firing of several steps: nothing comes between them. */
static void goes_on(struct audit *audit, const char *key,
		    const Bourse__Sample__V1__SampleEvents *step)
{
	const Bourse__Bus__V1__Cause *cause = step->meta->cause;

	audit->going_on[0] = '\0';
	if (step->events[0]->event_case == BOURSE__SAMPLE__V1__SAMPLE_EVENT__EVENT_ADDED &&
	    step->events[0]->added->times_left)
		snprintf(audit->going_on, sizeof(audit->going_on), "%s %s@%" PRId64, key,
			 cause->timer, cause->due_micros);
}

static void on_step(void *arg, const rd_kafka_message_t *message)
{
	struct audit *audit = arg;
	Bourse__Sample__V1__SampleEvents *step =
		bourse__sample__v1__sample_events__unpack(NULL, message->len, message->payload);
	char key[256];

	ck_assert_ptr_nonnull(step);
	snprintf(key, sizeof(key), "%.*s", (int)message->key_len, (const char *)message->key);
	one_effect(audit, key, step->meta->cause);
	if (step->meta->cause->timer[0])
		fired(audit, key, step->meta);
	audit->totals.steps++;
	audit->reactions += (int64_t)step->meta->n_reactions;
	for (size_t i = 0; i < step->n_events; i++)
		on_event(audit, step->events[i]);
	goes_on(audit, key, step);
	bourse__sample__v1__sample_events__free_unpacked(step, NULL);
}

static void on_copy(void *arg, const rd_kafka_message_t *message)
{
	struct audit *audit = arg;
	Bourse__Sample__V1__Copied *copy =
		bourse__sample__v1__copied__unpack(NULL, message->len, message->payload);

	ck_assert_ptr_nonnull(copy);
	audit->copies++;
	tell(audit, copy->tally_id)->copied = copy->total;
	bourse__sample__v1__copied__free_unpacked(copy, NULL);
}

static void free_audit(struct audit *audit)
{
	struct told *told, *next_told;
	struct effect *effect, *next_effect;
	struct reminder *reminder, *next_reminder;

	HASH_ITER (hh, audit->reminders, reminder, next_reminder) {
		HASH_DEL(audit->reminders, reminder);
		free(reminder);
	}
	HASH_ITER (hh, audit->tallies, told, next_told) {
		HASH_DEL(audit->tallies, told);
		free(told);
	}
	HASH_ITER (hh, audit->effects, effect, next_effect) {
		HASH_DEL(audit->effects, effect);
		free(effect);
	}
}

/* The tables against the journal: as many tallies and reminders, the same sums, and the sequence of
 * the leases. */
static void check_tables(struct world *w, struct audit *audit)
{
	struct told *told, *next;
	struct reminder *reminder, *next_reminder;
	int64_t due = 0;

	HASH_ITER (hh, audit->reminders, reminder, next_reminder)
		due += reminder->due % 1000000007;
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select count(*) from timer"),
			 HASH_COUNT(audit->reminders));
	ck_assert_int_eq(
		world_number(w, SAMPLE_DB, "select coalesce(sum(due %% 1000000007), 0) from timer"),
		due);
	HASH_ITER (hh, audit->tallies, told, next) {
		ck_assert_msg(told->copied == told->last, "%s: told %" PRId64 ", copied %" PRId64,
			      told->key, told->last, told->copied);
		audit->totals.sum += told->last;
	}
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select sum(total) from tally"),
			 audit->totals.sum);
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select count(*) from tally"),
			 HASH_COUNT(audit->tallies));
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select sum(sequence) from lease"),
			 audit->totals.steps);
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select sum(published) from lease"),
			 audit->totals.steps);
	ck_assert_int_eq(world_number(w, SAMPLE_DB, "select count(*) from parked_input"),
			 audit->totals.parked);
	HASH_ITER (hh, audit->tallies, told, next)
		if (HASH_COUNT(audit->tallies) <= 200)
			ck_assert_int_eq(sample_tally(w, told->key), told->last);
}

struct sample_totals sample_audit(struct world *w)
{
	struct audit audit = { 0 };

	WORLD_UNTIL(60, sample_quiet(w));
	audit.totals.journal =
		world_read_rule(w, "sample.events", "/sample/tally", on_step, &audit);
	audit.totals.copies = world_read_rule(w, "sample.copies", "/sample/tally", on_copy, &audit);
	ck_assert_int_eq(audit.totals.journal.waiting, 0);
	ck_assert_int_eq(audit.totals.copies.waiting, 0);
	ck_assert_int_eq(audit.totals.journal.foreign, 0);
	ck_assert_int_eq(audit.reactions, audit.totals.added + audit.totals.passed);
	ck_assert_int_eq(audit.copies, audit.totals.added);
	check_tables(w, &audit);
	free_audit(&audit);
	return audit.totals;
}
