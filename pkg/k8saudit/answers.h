// The answers to what was asked of the current event, in C memory, so that the
// same question is answered again without entering Go. Falco keeps no answer:
// every comparison of every rule asks anew.

#pragma once

#include "falco.h"

// answer is what is known of one question: a field with an argument. It stays
// when the event goes, since the same rules ask the same of the next one.
typedef struct answer {
	struct answer *next; // about the same field
	uint8_t *key;        // NULL where there is none
	uint64_t index;
	uint32_t present;
	uint32_t id;
	uint64_t valid; // the turn in which result was the answer
	uint64_t asked; // the turn in which it was last asked for
	uint32_t habit; // how regularly it is asked for; see usual.go
	void *result;
	uint64_t count;
} answer;

// answers are those of one plugin to one thread.
typedef struct answers {
	struct answers *next; // of the same plugin, to another thread
	uintptr_t thread;
	uint64_t turn; // counts the events; 0 before the first
	event_input event;
	uint64_t time;
	uint32_t length;
	uint32_t fields;
	answer *by_field[]; // of length fields
} answers;

// answers_new returns answers to a thread about that many fields.
answers *answers_new(uintptr_t thread, uint32_t fields);

// answers_free frees a list of answers.
void answers_free(answers *a);

// answers_publish makes a list of answers those of the plugin with that handle;
// NULL takes them away.
void answers_publish(uintptr_t plugin, answers *list);

// answers_slot returns the answer to a question, a new one if need be.
answer *answers_slot(answers *a, const extract_field *question);

// plugin_extract_fields is the function that Falco calls.
int32_t plugin_extract_fields(uintptr_t plugin, const event_input *event, const extract_input *in);
