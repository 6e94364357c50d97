/* An idempotent producer; ce_time is on every command, so that a stack may live on the data's
 * clock. */
#include "flow_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <protobuf-c/protobuf-c.h>

#include "bus/ce.h"

struct flow_sender {
	rd_kafka_t *producer;
	uint64_t refused;
};

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	struct flow_sender *sender = opaque;

	(void)producer;
	if (!message->err)
		return;
	if (sender->refused++ == 0)
		fprintf(stderr, "bourse: a command was not taken by Kafka: %s\n",
			rd_kafka_err2str(message->err));
}

struct flow_sender *flow_sender_new(const struct client *client, const char *linger_ms)
{
	struct flow_sender *sender = bus_calloc(1, sizeof(*sender));

	sender->producer = client_producer(client, linger_ms, on_delivery, sender);
	if (sender->producer)
		return sender;
	free(sender);
	return NULL;
}

void flow_sender_free(struct flow_sender *sender)
{
	if (!sender)
		return;
	rd_kafka_destroy(sender->producer);
	free(sender);
}

bool flow_send(struct flow_sender *sender, const struct flow_command *command)
{
	struct bus_ce_out ce = { .type = command->type, .time = command->at };
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t err;

	memcpy(ce.id, command->ce_id, sizeof(ce.id));
	headers = bus_ce_headers(&ce);
	err = rd_kafka_producev(sender->producer, RD_KAFKA_V_TOPIC(command->topic),
				RD_KAFKA_V_KEY(command->key, strlen(command->key)),
				RD_KAFKA_V_VALUE((void *)(uintptr_t)command->body, command->len),
				RD_KAFKA_V_HEADERS(headers),
				RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
	if (!err)
		return true;
	rd_kafka_headers_destroy(headers);
	if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL && sender->refused++ == 0)
		fprintf(stderr, "bourse: a command cannot be sent: %s\n", rd_kafka_err2str(err));
	return err != RD_KAFKA_RESP_ERR__QUEUE_FULL;
}

void flow_send_wait(struct flow_sender *sender, const struct flow_command *command)
{
	while (!flow_send(sender, command))
		rd_kafka_poll(sender->producer, 10);
	rd_kafka_poll(sender->producer, 0);
}

void flow_command_set(struct flow_command *command, const char *topic, const char *key,
		      struct bus_id ce_id, int64_t at, const void *message)
{
	const ProtobufCMessage *base = message;

	command->topic = topic;
	command->key = key;
	command->type = base->descriptor->name;
	command->at = at;
	bus_id_format(ce_id, command->ce_id);
	command->len = protobuf_c_message_get_packed_size(base);
	bus_assert(command->len <= sizeof(command->body));
	protobuf_c_message_pack(base, command->body);
}

void flow_serve(struct flow_sender *sender)
{
	rd_kafka_poll(sender->producer, 0);
}

bool flow_flush(struct flow_sender *sender, int timeout_ms)
{
	rd_kafka_resp_err_t err = rd_kafka_flush(sender->producer, timeout_ms);

	if (err)
		fprintf(stderr, "bourse: Kafka has not acknowledged everything: %s\n",
			rd_kafka_err2str(err));
	return !err && sender->refused == 0;
}

uint64_t flow_refused(const struct flow_sender *sender)
{
	return sender->refused;
}
