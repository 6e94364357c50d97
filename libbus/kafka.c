/* Kafka clients: connection, security, and what the pitfalls of librdkafka 2.0.2 ask for. */
#include "bus/kafka.h"

#include <string.h>

#include "bus/log.h"

void bus_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return;
	bus_log(BUS_LOG_ERROR, "kafka setting refused", "setting=%s why=\"%s\"", name, why);
	bus_assert(!"a Kafka setting that librdkafka takes");
}

static void set_if(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	if (value && *value)
		bus_kafka_set(conf, name, value);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	enum bus_log_level to = level <= 3   ? BUS_LOG_WARN
				: level <= 5 ? BUS_LOG_INFO
					     : BUS_LOG_DEBUG;

	bus_log(to, "librdkafka", "client=%s facility=%s text=\"%s\"", rk ? rd_kafka_name(rk) : "",
		facility, text);
}

rd_kafka_conf_t *bus_kafka_conf(const struct bus_kafka_config *config, const char *client_id)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	bus_kafka_set(conf, "bootstrap.servers", config->bootstrap);
	bus_kafka_set(conf, "client.id", client_id);
	set_if(conf, "security.protocol", config->security_protocol);
	set_if(conf, "sasl.mechanism", config->sasl_mechanism);
	set_if(conf, "sasl.username", config->sasl_username);
	set_if(conf, "sasl.password", config->sasl_password);
	set_if(conf, "ssl.ca.location", config->ssl_ca);
	set_if(conf, "ssl.certificate.location", config->ssl_certificate);
	set_if(conf, "ssl.key.location", config->ssl_key);
	bus_kafka_set(conf, "socket.nagle.disable", "true");
	bus_kafka_set(conf, "socket.keepalive.enable", "true");
	bus_kafka_set(conf, "allow.auto.create.topics", "false");
	bus_kafka_set(conf, "reconnect.backoff.ms", "50");
	bus_kafka_set(conf, "reconnect.backoff.max.ms", "1000");
	bus_kafka_set(conf, "log.connection.close", "false");
	rd_kafka_conf_set_log_cb(conf, on_log);
	return conf;
}

void bus_kafka_producer_settings(rd_kafka_conf_t *conf, const char *linger_ms)
{
	bus_kafka_set(conf, "enable.idempotence", "true");
	bus_kafka_set(conf, "message.timeout.ms", "0");
	bus_kafka_set(conf, "linger.ms", linger_ms);
	bus_kafka_set(conf, "partitioner", "murmur2");
	bus_kafka_set(conf, "message.max.bytes", "8388608");
	bus_kafka_set(conf, "queue.buffering.max.messages", "1000000");
	bus_kafka_set(conf, "batch.num.messages", "10000");
}

rd_kafka_t *bus_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char why[512];
	rd_kafka_t *rk = rd_kafka_new(type, conf, why, sizeof(why));

	if (!rk) {
		bus_log(BUS_LOG_ERROR, "kafka client refused its settings", "why=\"%s\"", why);
		rd_kafka_conf_destroy(conf);
	}
	return rk;
}
