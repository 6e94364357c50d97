/* Buckets by the highest eleven bits of a value. */
#include "histogram.h"

#define HALF (HISTOGRAM_LINEAR / 2)

static size_t bucket_of(int64_t micros)
{
	uint64_t value = micros < 0 ? 0 : (uint64_t)micros;
	size_t shift = 0;

	while ((value >> shift) >= HISTOGRAM_LINEAR)
		shift++;
	if (shift > HISTOGRAM_SPAN)
		return BUS_ARRAY_LEN(((struct histogram *)0)->buckets) - 1;
	return shift * HALF + (size_t)(value >> shift);
}

/* The highest value that falls into a bucket. */
static int64_t highest_of(size_t bucket)
{
	size_t shift = bucket < HISTOGRAM_LINEAR ? 0 : bucket / HALF - 1;

	return (int64_t)(((uint64_t)(bucket - shift * HALF + 1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, int64_t micros)
{
	histogram->buckets[bucket_of(micros)]++;
	histogram->count++;
	if (micros > histogram->max)
		histogram->max = micros;
}

int64_t histogram_at(const struct histogram *histogram, int per_mille)
{
	uint64_t wanted = (histogram->count * (uint64_t)per_mille + 999) / 1000, seen = 0;
	int64_t value;

	if (histogram->count == 0)
		return 0;
	for (size_t i = 0; i < BUS_ARRAY_LEN(histogram->buckets); i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted && seen > 0) {
			value = highest_of(i);
			return value < histogram->max ? value : histogram->max;
		}
	}
	return histogram->max;
}

/* Milliseconds for people and for figures, where floating point does no harm. */
static json_t *ms(int64_t micros)
{
	return json_real((double)micros / 1000.0);
}

json_t *histogram_json(const struct histogram *histogram)
{
	json_t *out = json_object();

	json_object_set_new(out, "count", json_integer((json_int_t)histogram->count));
	json_object_set_new(out, "p50_ms", ms(histogram_at(histogram, 500)));
	json_object_set_new(out, "p90_ms", ms(histogram_at(histogram, 900)));
	json_object_set_new(out, "p99_ms", ms(histogram_at(histogram, 990)));
	json_object_set_new(out, "p999_ms", ms(histogram_at(histogram, 999)));
	json_object_set_new(out, "max_ms", ms(histogram->max));
	return out;
}
