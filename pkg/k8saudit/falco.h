// The structures through which Falco asks for fields, as far as they are used,
// in the layout of the plugin API (plugin_types.h and plugin_api.h, 3.11). The
// API only ever appends to them.

#pragma once

#include <stdint.h>

// ss_plugin_event_input
typedef struct event_input {
	const uint8_t *event; // for its layout see event.go
	uint64_t number;
	const char *source;
} event_input;

// ss_plugin_extract_field: a question, and the place for its answer
typedef struct extract_field {
	void *result; // to an array of values, by the type of the field
	uint64_t result_count;
	uint32_t id;
	const char *name;
	const uint8_t *arg_key;
	uint64_t arg_index;
	uint32_t arg_present;
	uint32_t type;
	uint32_t list;
} extract_field;

// ss_plugin_extract_value_offsets: where in the event each value stands; zeros
// say that this is not known
typedef struct value_offsets {
	uint32_t *start;
	uint32_t *length;
} value_offsets;

// ss_plugin_field_extract_input
typedef struct extract_input {
	void *owner;
	void *last_error;
	uint32_t count;
	extract_field *fields;
	void *table_reader[4];
	void *table_reader_ext;
	value_offsets *offsets;
} extract_input;

// ss_plugin_byte_buffer, which is how an address is given
typedef struct byte_buffer {
	uint32_t length;
	const void *bytes;
} byte_buffer;
