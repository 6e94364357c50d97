/* Kafka clients: connection, security, and what the pitfalls of librdkafka 2.0.2 ask for. */
#include "bus/kafka.h"

#include <string.h>

#include "bus/err.h"
#include "bus/log.h"

void bus_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return;
	bus_log(BUS_LOG_ERROR, "kafka setting refused", "setting=%s why=\"%s\"", name, why);
	bus_assert(!"a Kafka setting that librdkafka takes");
}

/* What comes from a user: the variable, librdkafka's name for it, and the value. */
#define USER_SETTINGS 8

struct user_setting {
	const char *variable, *name, *value;
	bool secret;
};

static void user_settings(const struct bus_kafka_config *c, struct user_setting out[USER_SETTINGS])
{
	const struct user_setting settings[USER_SETTINGS] = {
		{ "BOURSE_KAFKA_BOOTSTRAP", "bootstrap.servers", c->bootstrap, false },
		{ "BOURSE_KAFKA_SECURITY_PROTOCOL", "security.protocol", c->security_protocol,
		  false },
		{ "BOURSE_KAFKA_SASL_MECHANISM", "sasl.mechanism", c->sasl_mechanism, false },
		{ "BOURSE_KAFKA_SASL_USERNAME", "sasl.username", c->sasl_username, false },
		{ "BOURSE_KAFKA_SASL_PASSWORD", "sasl.password", c->sasl_password, true },
		{ "BOURSE_KAFKA_SSL_CA", "ssl.ca.location", c->ssl_ca, false },
		{ "BOURSE_KAFKA_SSL_CERTIFICATE", "ssl.certificate.location", c->ssl_certificate,
		  false },
		{ "BOURSE_KAFKA_SSL_KEY", "ssl.key.location", c->ssl_key, false },
	};

	memcpy(out, settings, sizeof(settings));
}

int bus_kafka_check(const struct bus_kafka_config *config, FILE *errors)
{
	struct user_setting settings[USER_SETTINGS];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];
	int err = 0;

	user_settings(config, settings);
	for (size_t i = 0; i < USER_SETTINGS; i++) {
		const struct user_setting *s = &settings[i];

		if (!s->value || !*s->value ||
		    rd_kafka_conf_set(conf, s->name, s->value, why, sizeof(why)) ==
			    RD_KAFKA_CONF_OK)
			continue;
		fprintf(errors, "%s=%s: %s\n", s->variable, s->secret ? "..." : s->value,
			s->secret ? "not a value that Kafka's client takes" : why);
		err = BUS_ERR_CONFIG;
	}
	rd_kafka_conf_destroy(conf);
	return err;
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
	struct user_setting settings[USER_SETTINGS];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	user_settings(config, settings);
	for (size_t i = 0; i < USER_SETTINGS; i++)
		if (settings[i].value && *settings[i].value)
			bus_kafka_set(conf, settings[i].name, settings[i].value);
	bus_kafka_set(conf, "client.id", client_id);
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
