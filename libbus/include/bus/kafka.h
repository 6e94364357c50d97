/*
 * How a Kafka client of Bourse is configured: one home for the connection, its TLS and SASL
 * settings, and the settings that the pitfalls of librdkafka ask for.
 */
#ifndef BUS_KAFKA_H
#define BUS_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>

#include "bus/base.h"
#include "bus/config.h"

struct bus_kafka_config {
	const char *bootstrap;
	const char *security_protocol; /* plaintext, ssl, sasl_plaintext, sasl_ssl */
	const char *sasl_mechanism;
	const char *sasl_username;
	const char *sasl_password;
	const char *ssl_ca;
	const char *ssl_certificate;
	const char *ssl_key;
};

/* The rows of a configuration table for a struct that holds a bus_kafka_config as `member`. */
#define BUS_KAFKA_OPTIONS(target, member)                                                          \
	{ .name = "BOURSE_KAFKA_BOOTSTRAP",                                                        \
	  .type = BUS_OPTION_TEXT,                                                                 \
	  .flags = BUS_OPTION_REQUIRED,                                                            \
	  .offset = offsetof(target, member.bootstrap),                                            \
	  .help = "Kafka bootstrap servers, host:port,host:port." },                               \
		{ .name = "BOURSE_KAFKA_SECURITY_PROTOCOL",                                        \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .offset = offsetof(target, member.security_protocol),                            \
		  .fallback = "plaintext",                                                         \
		  .help = "plaintext, ssl, sasl_plaintext or sasl_ssl." },                         \
		{ .name = "BOURSE_KAFKA_SASL_MECHANISM",                                           \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .offset = offsetof(target, member.sasl_mechanism),                               \
		  .help = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512." },                              \
		{ .name = "BOURSE_KAFKA_SASL_USERNAME",                                            \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .offset = offsetof(target, member.sasl_username),                                \
		  .help = "User of SASL." },                                                       \
		{ .name = "BOURSE_KAFKA_SASL_PASSWORD",                                            \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .flags = BUS_OPTION_SECRET,                                                      \
		  .offset = offsetof(target, member.sasl_password),                                \
		  .help = "Password of SASL." },                                                   \
		{ .name = "BOURSE_KAFKA_SSL_CA",                                                   \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .offset = offsetof(target, member.ssl_ca),                                       \
		  .help = "File of CA certificates; empty: the system's." },                       \
		{ .name = "BOURSE_KAFKA_SSL_CERTIFICATE",                                          \
		  .type = BUS_OPTION_TEXT,                                                         \
		  .offset = offsetof(target, member.ssl_certificate),                              \
		  .help = "File of the client's certificate, for mutual TLS." },                   \
	{                                                                                          \
		.name = "BOURSE_KAFKA_SSL_KEY", .type = BUS_OPTION_TEXT,                           \
		.offset = offsetof(target, member.ssl_key),                                        \
		.help = "File of the client's private key."                                        \
	}

/*
 * 0, or BUS_ERR_CONFIG after one line for each variable whose value librdkafka does not take.
 * Before anything else is done with a configuration that comes from outside.
 */
int bus_kafka_check(const struct bus_kafka_config *config, FILE *errors) BUS_MUST_CHECK;

/* Settings that both kinds of client share. Returns owned; `client_id` is copied. */
rd_kafka_conf_t *bus_kafka_conf(const struct bus_kafka_config *config, const char *client_id);

/* One setting; aborts when librdkafka does not know it (a programmer's error). */
void bus_kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* The settings of an idempotent producer with the Java client's partitioner. */
void bus_kafka_producer_settings(rd_kafka_conf_t *conf, const char *linger_ms);

/*
 * Creates a client; takes conf. NULL after writing the reason (no secrets) to the log.
 */
rd_kafka_t *bus_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);

#endif
