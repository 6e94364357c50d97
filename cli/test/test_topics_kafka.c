/* bourse topics on a broker of its own: what is missing is created, what differs is named. */
#include <unistd.h>

#include "catalog.h"
#include "shell.h"

/* Makes a topic by hand, with one setting of its own. */
static void make_topic(const char *name, int partitions, const char *setting, const char *value)
{
	rd_kafka_t *rk = producer();
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, NULL, 0);
	rd_kafka_event_t *event;
	size_t count;

	rd_kafka_NewTopic_set_config(topic, setting, value);
	rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	ck_assert_ptr_nonnull(event);
	ck_assert_int_eq(rd_kafka_event_error(event), 0);
	ck_assert_int_eq(rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(
				 rd_kafka_event_CreateTopics_result(event), &count)[0]),
			 0);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
}

START_TEST(topics_missing)
{
	json_t *topic;

	unsetenv("BOURSE_DEVELOPMENT");
	expect(1, "topics", NULL);
	ck_assert_int_eq(count_lines(out), 1 + (int)catalog_count);
	ck_assert_int_eq(count_lines(err), (int)catalog_count);
	expect_err("orders.events: missing (bourse topics --create)");
	/* One broker is not enough where it is not said to be. */
	expect(1, "topics --create", NULL);
	expect_err("say --development");
	expect(1, "topics --development --json", NULL);
	topic = line(0);
	ck_assert_str_eq(text_of(topic, "state"), "missing");
	json_decref(topic);
}
END_TEST

START_TEST(topics_created)
{
	json_t *topic;

	/* The group of users has three partitions already; the others get two. */
	make_topic("users.commands", 3, "retention.ms", "3600000");
	expect(1, "topics --create --development --partitions 2", NULL);
	expect_err("users.events cannot have 2 partitions: users.commands has 3");
	expect(0, "topics --create --development", NULL);
	ck_assert_str_eq(err, "");
	expect(0, "topics --create --development --json", NULL);
	ck_assert_int_eq(count_lines(out), (int)catalog_count);
	topic = line(1);
	ck_assert_str_eq(text_of(topic, "topic"), "users.events");
	ck_assert_int_eq(number_of(topic, "partitions"), 3);
	json_decref(topic);
	topic = line(5);
	ck_assert_str_eq(text_of(topic, "topic"), "orders.events");
	ck_assert_str_eq(text_of(topic, "state"), "ok");
	ck_assert_int_eq(number_of(topic, "partitions"), 2);
	ck_assert_str_eq(text_of(json_object_get(topic, "settings"), "retention.ms"), "-1");
	ck_assert_str_eq(text_of(json_object_get(topic, "settings"), "max.message.bytes"),
			 "8388608");
	ck_assert_str_eq(text_of(json_object_get(topic, "settings"), "message.timestamp.type"),
			 "LogAppendTime");
	json_decref(topic);
}
END_TEST

START_TEST(topics_need_replicas)
{
	unsetenv("BOURSE_DEVELOPMENT");
	expect(1, "topics", NULL);
	ck_assert_int_eq(count_lines(err), 2 * (int)catalog_count);
	expect_err("orders.events: 1 replicas, expected 3 or more (or --development)");
	expect_err("orders.events: min.insync.replicas is 1, expected 2 or more");
	setenv("BOURSE_DEVELOPMENT", "true", 1);
	expect(0, "topics", NULL);
}
END_TEST

static void delete_topic(const char *name)
{
	rd_kafka_t *rk = producer();
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
	rd_kafka_event_t *event;

	rd_kafka_DeleteTopics(rk, &topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	ck_assert_ptr_nonnull(event);
	ck_assert_int_eq(rd_kafka_event_error(event), 0);
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteTopic_destroy(topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
}

START_TEST(topics_differ)
{
	static const struct {
		int partitions;
		const char *setting, *value, *difference;
	} differences[] = {
		{ 2, "cleanup.policy", "compact", "cleanup.policy is compact, expected delete" },
		{ 2, "message.timestamp.type", "CreateTime",
		  "message.timestamp.type is CreateTime, expected LogAppendTime" },
		{ 2, "max.message.bytes", "1048588",
		  "max.message.bytes is 1048588, expected 8388608 or more" },
		{ 2, "retention.ms", "3600000", "retention.ms is 3600000, expected -1" },
		{ 2, "retention.bytes", "1000000", "retention.bytes is 1000000, expected -1" },
		{ 2, "unclean.leader.election.enable", "true",
		  "unclean.leader.election.enable is true, expected false" },
		{ 3, "retention.ms", "-1", "3 partitions, expected 2 as orders.commands has" },
	};
	char text[256];

	for (size_t i = 0; i < BUS_ARRAY_LEN(differences); i++) {
		delete_topic("notify.events");
		make_topic("notify.events", differences[i].partitions, differences[i].setting,
			   differences[i].value);
		snprintf(text, sizeof(text), "bourse topics: notify.events: %s\n",
			 differences[i].difference);
		/* A broker hears of a new topic a moment later than its controller. */
		for (int tries = 0; tries < 50; tries++) {
			if (bourse("topics", NULL) == 1 && strcmp(err, text) == 0)
				break;
			usleep(100000);
		}
		ck_assert_str_eq(err, text);
		expect(1, "topics", NULL);
	}
	delete_topic("notify.events");
	expect(0, "topics --create", NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("topics");

	tcase_add_test(tcase, topics_missing);
	tcase_add_test(tcase, topics_created);
	tcase_add_test(tcase, topics_need_replicas);
	tcase_add_test(tcase, topics_differ);
	return run_on_stack("topics", tcase);
}
